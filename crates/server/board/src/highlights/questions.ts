// What the lists under the groups ask, and how their links lead on.

import type { Row, Stats, Summary } from '../lib/api';
import { selectionQuery } from '../lib/groups';
import { join, split, textOf } from '../lib/search';
import type { StreamName, View } from '../lib/url';

export const ROWS = 5;

export interface Highlight {
  id: 'errors' | 'slowest' | 'dearest';
  title: string;
  sort: string;
  /** Terms in addition to those of the search. */
  terms: string[];
  /** How many calls there are to choose from, as the totals know it. */
  of: (totals: Stats) => number;
  /** What a row has to have. */
  fits: (row: Row) => boolean;
}

/** An agent's span is as long as all that it does: only calls of models are compared. */
const MODEL_CALLS = 'has:op';

export const HIGHLIGHTS: Highlight[] = [
  {
    id: 'errors',
    title: 'Recent errors',
    sort: '-started_at',
    terms: [MODEL_CALLS, 'status:error'],
    of: ({ errors }) => errors,
    fits: ({ status }) => status === 'error',
  },
  {
    id: 'slowest',
    title: 'Slowest',
    sort: '-latency_ms',
    terms: [MODEL_CALLS],
    of: ({ calls, running }) => calls - running,
    fits: ({ latency_ms }) => latency_ms !== null,
  },
  {
    id: 'dearest',
    title: 'Dearest',
    sort: '-cost_usd',
    terms: [MODEL_CALLS],
    of: ({ priced_calls }) => priced_calls,
    fits: ({ cost_usd }) => cost_usd !== null && cost_usd > 0,
  },
];

/** A search with terms that it may have already. */
export function withTerms(q: string, terms: string[]): string {
  const there = new Set(split(q).map((term) => textOf(q, term)));
  return join(q, ...terms.filter((term) => !there.has(term)));
}

export function callsOf({ sort, terms }: Highlight, name: StreamName, view: View, now: number): URLSearchParams {
  const query = selectionQuery(name, { ...view, q: withTerms(view.q, terms) }, now);
  query.set('sort', sort);
  query.set('limit', String(ROWS));
  return query;
}

/** The table of calls in the order of a list. */
export function allOf({ sort, terms }: Highlight, view: View): Partial<View> {
  return { q: withTerms(view.q, terms), sort, page: 1 };
}

/**
 * What to rank in addition to the groups: users where calls have them, else the
 * attribute of most values. One that is new with every call ranks nothing.
 * Once chosen, an attribute stays: a filter on it leaves it one value.
 */
export function secondGroup(
  summary: Pick<Summary, 'attributes' | 'totals'>,
  group: string,
  hasUsers: boolean,
  kept: string | null = null,
): string | null {
  if (hasUsers && group !== 'user') return 'user';
  if (kept !== null && kept !== group && summary.attributes.some(({ path }) => `attr:${path}` === kept)) return kept;
  const [most] = summary.attributes
    .filter(({ path, values }) => `attr:${path}` !== group && values > 1 && values <= summary.totals.calls / 2)
    .sort((a, b) => b.values - a.values);
  return most === undefined ? null : `attr:${most.path}`;
}

export function rankingOf(by: string, name: StreamName, view: View, now: number): URLSearchParams {
  const query = selectionQuery(name, view, now);
  query.set('group', by);
  query.set('sort', '-cost_usd');
  query.set('limit', String(ROWS));
  return query;
}

