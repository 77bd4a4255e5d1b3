// Groups of a stream's calls: what is asked of the server, and in which order.

import { fetchJson, type Stats } from './api';
import { exactly, fieldOf, join, writeTerm, type SearchAnswer } from './search';
import { DEFAULTS, summaryQuery, writeView, type Place, type StreamName, type View } from './url';

/** The number of values, their mean and their standard deviation. */
export interface Spread {
  n: number;
  mean: number | null;
  deviation: number | null;
}

export interface GroupRow {
  keys: string[];
  stats: Stats;
  spread: Record<'latency_ms' | 'ttfc_ms' | 'cost_usd' | 'output_tokens' | 'total_tokens', Spread>;
}

export interface GroupsAnswer {
  groups: GroupRow[];
  /** All groups. */
  total: number;
  /** Those of most calls, which are put in order. */
  measured: number;
  totals: Stats;
  search: SearchAnswer;
}

export interface GroupsQuestion {
  by: string[];
  order: string;
  /** How many groups from the first on. */
  shown: number;
  /** With spans that are no calls of models. */
  spans?: boolean;
  /** Terms in addition to those of the search. */
  terms?: string[];
}

/** With fewer calls a mean is hardly meaningful, and a spread even less. */
export const FEW_CALLS = 5;

export const isFew = (calls: number) => calls > 0 && calls < FEW_CALLS;

/** The most groups in one answer, and the most that the server puts in order. */
const AT_ONCE = 500;
export const MOST_GROUPS = 2_000;

/** Groups by default, and how many more at a time. */
export const SHOWN = 50;

const ORDERS = [
  'calls', 'errors', 'error_rate', 'cost_usd', 'mean_cost_usd', 'input_tokens', 'output_tokens', 'mean_ms',
  'p50_ms', 'p95_ms', 'p99_ms', 'ttfc_p50_ms', 'last_started_at', 'key',
];

/** The order in an address; nonsense is the default. */
export function readOrder(text: string | null | undefined, initial = '-calls'): string {
  if (text === null || text === undefined) return initial;
  return ORDERS.includes(text.replace(/^-/, '')) ? text : initial;
}

/** The next order of a column: numbers from the largest, names from A; then the other way round. */
export function nextOrder(current: string, by: string): string {
  const first = by === 'key' ? by : `-${by}`;
  const other = by === 'key' ? `-${by}` : by;
  return current === first ? other : first;
}

export function sortedBy(order: string, by: string): 'ascending' | 'descending' | 'none' {
  return order === by ? 'ascending' : order === `-${by}` ? 'descending' : 'none';
}

/** How many groups an address shows: a number, or all that can be. */
export function readShown(text: string | null | undefined, initial: number): number {
  if (text === 'all') return MOST_GROUPS;
  const shown = Math.trunc(Number(text ?? initial));
  return shown > 0 ? Math.min(shown, MOST_GROUPS) : initial;
}

/**
 * A term that a value meets when it has a text in it, in the usual cases of
 * letters: values are compared as they are. What has a meaning in a list of
 * values is any text there.
 */
export function findTerm(group: string, text: string): string | null {
  const words = text.trim().split(/[\s*()"]+/u).filter((word) => word !== '');
  if (words.length === 0) return null;
  const cased = (change: (word: string) => string) => `*${words.map(change).join('*')}*`;
  const lower = cased((word) => word.toLowerCase());
  const title = cased((word) => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase());
  const globs = [cased((word) => word), lower, title, cased((word) => word.toUpperCase())];
  return writeTerm(fieldOf(group), [...new Set(globs)].map((glob) => ({ text: glob, quoted: false })));
}

/** The term that a value of a group meets, and no other value does. */
export function valueTerm(group: string, key: string): string {
  return writeTerm(fieldOf(group), [exactly(key)]);
}

/** The stream that a place is of; a place without one has an empty name, which no stream has. */
export function streamOf(place: Place): StreamName {
  if (place.kind !== 'board' && place.kind !== 'section') return { entity: '', project: '', stream: '' };
  return { entity: place.entity, project: place.project, stream: place.stream };
}

/** What pages of a stream share: the range and the search. */
export function shared(view: View): Partial<View> {
  const { range, from, to, q } = view;
  return { range, from, to, q };
}

/** The query of a page of the same stream with more terms in its search. */
export function narrowed(view: View, terms: string[], change: Partial<View> = {}): string {
  return writeView({ ...DEFAULTS, ...shared(view), ...change, q: join(view.q, ...terms) });
}

/** The selection of a view alone, without what a summary asks in addition. */
export function selectionQuery(name: StreamName, view: View, now: number, terms: string[] = []): URLSearchParams {
  const query = summaryQuery(name, { ...view, q: join(view.q, ...terms) }, now);
  for (const other of ['group', 'bins']) query.delete(other);
  return query;
}

export function groupsQuery(selection: URLSearchParams, question: GroupsQuestion, offset: number): URLSearchParams {
  const query = new URLSearchParams(selection);
  for (const group of question.by) query.append('group', group);
  query.set('sort', question.order);
  query.set('limit', String(Math.min(AT_ONCE, question.shown - offset)));
  if (offset > 0) query.set('offset', String(offset));
  if (question.spans === true) query.set('spans', '1');
  return query;
}

/** The first groups in their order, in as many answers as they take. */
export async function fetchGroups(
  name: StreamName,
  view: View,
  question: GroupsQuestion,
  now: number,
  signal: AbortSignal,
): Promise<GroupsAnswer> {
  const selection = selectionQuery(name, view, now, question.terms);
  const next = (offset: number) =>
    fetchJson<GroupsAnswer>('/api/groups', groupsQuery(selection, question, offset), signal);
  const answer = await next(0);
  const groups = [...answer.groups];
  while (groups.length < Math.min(question.shown, answer.measured)) {
    const more = await next(groups.length);
    if (more.groups.length === 0) break;
    groups.push(...more.groups);
  }
  return { ...answer, groups: unique(groups) };
}

/** New calls may move a group from one answer to the next. */
function unique(groups: GroupRow[]): GroupRow[] {
  const rows = new Map<string, GroupRow>();
  for (const row of groups) rows.set(JSON.stringify(row.keys), row);
  return [...rows.values()];
}
