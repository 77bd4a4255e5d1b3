// The address is the state: the path names the stream, the query sets how it
// is looked at. Defaults are left out, so a plain address stays plain.

import { exactly, fieldOf, fieldsOnly, has, isProperty, join, split, toggled, writeTerm } from './search';

export type Place =
  | { kind: 'streams'; entity: string | null; project: string | null }
  | { kind: 'board'; entity: string; project: string; stream: string }
  | { kind: 'call'; entity: string; project: string; id: string }
  | { kind: 'object'; entity: string; project: string; name: string; digest: string }
  | { kind: 'trace'; entity: string; project: string; id: string }
  | { kind: 'conversation'; entity: string; project: string; stream: string; id: string }
  | { kind: 'conversation of a project'; entity: string; project: string; id: string }
  | { kind: 'section'; entity: string; project: string; stream: string; section: Section }
  | { kind: 'unknown'; path: string };

/** Pages of a stream in addition to its board. */
export const SECTIONS = ['boards', 'explore', 'live', 'conversations', 'tools', 'users', 'pivot', 'compare'] as const;
export type Section = (typeof SECTIONS)[number];

export type StreamName = { entity: string; project: string; stream: string };

/** Relative ranges by name, in milliseconds; `all` has no bound. */
export const RANGES = {
  '15m': 15 * 60_000,
  '1h': 3_600_000,
  '24h': 86_400_000,
  '7d': 7 * 86_400_000,
  all: null,
} as const;

export type Range = keyof typeof RANGES;

/** Filters of older addresses; a search has them all as terms now. */
const LISTS = ['model', 'status', 'outcome', 'op', 'provider'] as const;

export const TABS = ['conversation', 'parameters', 'changes', 'raw'] as const;
export type Tab = (typeof TABS)[number];

export interface View {
  range: Range;
  /** A zoom inside the range; while set it wins over `range`. */
  from: number | null;
  to: number | null;
  group: string;
  /** The search: every filter is a term of it. */
  q: string;
  sort: string;
  page: number;
  call: string | null;
  tab: Tab;
}

export const DEFAULTS: Readonly<View> = {
  range: 'all',
  from: null,
  to: null,
  group: 'model',
  q: '',
  sort: '-started_at',
  page: 1,
  call: null,
  tab: 'conversation',
};

export const PAGE_SIZE = 50;

/** What the server sorts calls by. */
const SORTS = ['started_at', 'latency_ms', 'cost_usd', 'input_tokens', 'output_tokens', 'total_tokens', 'model', 'status'];

/** Enough bins to show shape in a quarter of the page, wide enough to hit. */
const BINS = 48;

export function readPlace(path: string): Place {
  const parts = path.split('/').filter((part) => part !== '').map(decode);
  const [entity, project, kind, last, id, one] = parts;
  if (entity === undefined) return { kind: 'streams', entity: null, project: null };
  if (project === undefined || kind === undefined) return { kind: 'streams', entity, project: project ?? null };
  // The links that W&B's clients print to a conversation do not name its stream.
  if (kind === 'weave' && last === 'agents' && id === 'conversations' && one !== undefined && parts.length === 6) {
    return { kind: 'conversation of a project', entity, project, id: one };
  }
  if (project !== undefined && kind === 'weave' && (parts.length === 3 || last === 'agents')) {
    return { kind: 'streams', entity, project };
  }
  if (project !== undefined && kind === 'table' && last !== undefined && parts.length === 4) {
    return { kind: 'board', entity, project, stream: last };
  }
  if (project !== undefined && kind === 'r' && last === 'call' && id !== undefined) {
    return { kind: 'call', entity, project, id };
  }
  return readRecorded(parts) ?? readObject(parts) ?? { kind: 'unknown', path };
}

/** A trace, or a page of a stream: a section or one conversation. */
function readRecorded(parts: string[]): Place | null {
  const [entity, project, where, what, id, one] = parts;
  if (entity === undefined || project === undefined || what === undefined || id === undefined) return null;
  if (where === 'weave' && what === 'traces' && parts.length === 5) return { kind: 'trace', entity, project, id };
  const section = SECTIONS.find((one) => one === id);
  if (where === 'table' && section !== undefined && parts.length === 5) {
    return { kind: 'section', entity, project, stream: what, section };
  }
  const isConversation = where === 'table' && id === 'conversations' && parts.length === 6;
  if (!isConversation || one === undefined) return null;
  return { kind: 'conversation', entity, project, stream: what, id: one };
}

/** W&B's clients print links to what they publish; a leaderboard's link names no version. */
function readObject(parts: string[]): Place | null {
  const [entity, project, weave, kind, name, versions, digest] = parts;
  if (entity === undefined || project === undefined || weave !== 'weave' || name === undefined) return null;
  if (kind === 'leaderboards' && parts.length === 5) {
    return { kind: 'object', entity, project, name, digest: 'latest' };
  }
  const isObject = kind === 'objects' || kind === 'ops';
  if (!isObject || versions !== 'versions' || digest === undefined) return null;
  return { kind: 'object', entity, project, name, digest };
}

export function objectPath(entity: string, project: string, name: string, digest: string): string {
  return `/${[entity, project, 'weave', 'objects', name, 'versions', digest].map(encodeURIComponent).join('/')}`;
}

export function boardPath({ entity, project, stream }: StreamName): string {
  return `/${[entity, project, 'table', stream].map(encodeURIComponent).join('/')}`;
}

export function projectPath(entity: string, project: string): string {
  return `/${[entity, project, 'weave'].map(encodeURIComponent).join('/')}`;
}

export function entityPath(entity: string): string {
  return `/${encodeURIComponent(entity)}`;
}

export function tracePath(entity: string, project: string, traceId: string): string {
  return `/${[entity, project, 'weave', 'traces', traceId].map(encodeURIComponent).join('/')}`;
}

export function conversationPath(name: StreamName, id: string): string {
  return `${boardPath(name)}/conversations/${encodeURIComponent(id)}`;
}

export function sectionPath(name: StreamName, section: Section): string {
  return `${boardPath(name)}/${section}`;
}

export function callPath(entity: string, project: string, id: string): string {
  return `/${[entity, project, 'r', 'call', id].map(encodeURIComponent).join('/')}`;
}

export function readView(search: string): View {
  const query = new URLSearchParams(search);
  const view: View = { ...DEFAULTS };
  const range = query.get('range');
  if (isRange(range)) view.range = range;
  view.from = readTime(query.get('from'));
  view.to = readTime(query.get('to'));
  const group = query.get('group');
  if (isGroup(group)) view.group = group;
  view.q = join(query.get('q') ?? '', ...oldFilters(query));
  const sort = query.get('sort');
  if (isSort(sort)) view.sort = sort;
  view.page = Math.max(1, Math.trunc(Number(query.get('page') ?? 1)) || 1);
  view.call = query.get('call');
  view.tab = TABS.find((tab) => tab === query.get('tab')) ?? DEFAULTS.tab;
  return view;
}

/** What in a query has no meaning, as `range=999x`: the default stands in for it. */
export function wrongWords(search: string): string[] {
  const query = new URLSearchParams(search);
  const isPage = (text: string) => /^[1-9]\d{0,8}$/.test(text);
  const checks: [name: string, isRight: (text: string) => boolean][] = [
    ['range', isRange],
    ['from', (text) => readTime(text) !== null],
    ['to', (text) => readTime(text) !== null],
    ['group', isGroup],
    ['sort', isSort],
    ['page', isPage],
    ['tab', (text) => TABS.some((tab) => tab === text)],
  ];
  return checks.flatMap(([name, isRight]) => {
    const text = query.get(name);
    return text === null || isRight(text) ? [] : [`${name}=${text}`];
  });
}

const isRange = (text: string | null): text is Range => text !== null && Object.hasOwn(RANGES, text);
const isGroup = (text: string | null): text is string => text !== null && (isProperty(text) || text.startsWith('attr:'));
const isSort = (text: string | null): text is string =>
  text !== null && SORTS.some((sort) => text === sort || text === `-${sort}`);

/** The query of a view, with its `?`, or the empty string. */
export function writeView(view: View): string {
  const query = new URLSearchParams();
  if (view.range !== DEFAULTS.range) query.set('range', view.range);
  if (view.from !== null) query.set('from', String(Math.round(view.from)));
  if (view.to !== null) query.set('to', String(Math.round(view.to)));
  if (view.group !== DEFAULTS.group) query.set('group', view.group);
  if (view.q !== '') query.set('q', view.q);
  if (view.sort !== DEFAULTS.sort) query.set('sort', view.sort);
  if (view.page !== DEFAULTS.page) query.set('page', String(view.page));
  if (view.call !== null) query.set('call', view.call);
  if (view.call !== null && view.tab !== DEFAULTS.tab) query.set('tab', view.tab);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** Filters as they were written before there were searches, as terms. */
function oldFilters(query: URLSearchParams): string[] {
  const groups = new Map<string, string[]>();
  const add = (group: string, key: string) => groups.set(group, [...(groups.get(group) ?? []), key]);
  for (const list of LISTS) for (const value of query.getAll(list)) add(list, value);
  for (const [path, value] of query.getAll('attr').map(splitAttr)) add(`attr:${path}`, value);
  return [...groups].map(([group, keys]) => writeTerm(fieldOf(group), keys.map(exactly)));
}

/** What the server is asked for; a relative range ends at `now`. */
function selection(name: StreamName, view: View, now: number): URLSearchParams {
  const query = new URLSearchParams({ ...name });
  const span = RANGES[view.range];
  if (view.from !== null || view.to !== null) {
    if (view.from !== null) query.set('from', String(view.from));
    if (view.to !== null) query.set('to', String(view.to));
  } else if (span !== null) {
    query.set('from', String(now - span));
    query.set('to', String(now));
  }
  if (view.q !== '') query.set('q', view.q);
  return query;
}

export function summaryQuery(name: StreamName, view: View, now: number): URLSearchParams {
  const query = selection(name, view, now);
  query.set('group', view.group);
  query.set('bins', String(BINS));
  return query;
}

export function callsQuery(name: StreamName, view: View, now: number): URLSearchParams {
  const query = selection(name, view, now);
  query.set('sort', view.sort);
  query.set('limit', String(PAGE_SIZE));
  query.set('offset', String((view.page - 1) * PAGE_SIZE));
  return query;
}

/** Real values of a property, for completion. Words are left out: to search for them takes long. */
export function valuesQuery(name: StreamName, view: View, now: number, of: string, prefix: string): URLSearchParams {
  const query = selection(name, { ...view, q: fieldsOnly(view.q) }, now);
  query.set('of', of);
  if (prefix !== '') query.set('prefix', prefix);
  query.set('limit', '12');
  return query;
}

/** Asks whether a search is right, and nothing that takes long. */
export function checkQuery(name: StreamName, q: string): URLSearchParams {
  const isWhole = split(q).every(({ whole }) => whole);
  return new URLSearchParams({ ...name, of: 'status', limit: '1', q: isWhole ? fieldsOnly(q) : q });
}

/** The change that moves the range by its own length; null where there is nowhere to go. */
export function stepRange(view: View, bounds: { from: number; to: number } | null, by: 1 | -1, now: number): Partial<View> | null {
  const span = RANGES[view.range];
  const zoomed = view.from !== null || view.to !== null;
  if (!zoomed && (span === null || by > 0)) return null;
  const from = zoomed ? (view.from ?? bounds?.from ?? null) : now - (span ?? 0);
  const to = zoomed ? (view.to ?? bounds?.to ?? null) : now;
  if (from === null || to === null || to <= from) return null;
  const length = to - from;
  // Back at the newest, the range follows the clock again.
  if (by > 0 && span !== null && to + length >= now - length / 10 && Math.abs(length - span) < 2) return { from: null, to: null, page: 1 };
  if (by > 0 && to >= now) return null;
  return { from: from + by * length, to: to + by * length, page: 1 };
}

export function isRelative(view: View): boolean {
  return view.from === null && view.to === null && RANGES[view.range] !== null;
}

export function isFiltered(view: View): boolean {
  return split(view.q).length > 0;
}

/** The change that adds a filter on one value of a group, or takes it away; or that excludes the value. */
export function toggleFilter(view: View, group: string, key: string, excluded = false): Partial<View> {
  return { page: 1, q: toggled(view.q, group, key, excluded) };
}

export function hasFilter(view: View, group: string, key: string, excluded = false): boolean {
  return has(view.q, group, key, excluded);
}

function splitAttr(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function readTime(text: string | null): number | null {
  if (text === null || text === '') return null;
  const time = Number(text);
  return Number.isFinite(time) ? time : null;
}

/** A path typed by hand may hold a bad escape; that is no reason to fail. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
