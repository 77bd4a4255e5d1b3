// Two sets of calls, each asked for as one group: the stream itself.

import { Refusal } from '../lib/api';
import { fetchGroups, narrowed, type GroupRow } from '../lib/groups';
import { span } from '../lib/format';
import type { SearchAnswer } from '../lib/search';
import { boardPath, stepRange, type StreamName, type View } from '../lib/url';

export interface Side {
  /** A letter for a search, words for a range. */
  title: string;
  /** Its own search, or its times. */
  about: string;
  /** Its calls on the board. */
  href: string;
  /** Null where it has no calls. */
  row: GroupRow | null;
  search: SearchAnswer | null;
  /** Why the server could not read its search. */
  refusal: string | null;
}

export type Sides = [before: Side, after: Side];

type Ask = { name: StreamName; now: number; signal: AbortSignal };
type Named = Pick<Side, 'title' | 'about' | 'href'>;

async function ask({ name, now, signal }: Ask, view: View, terms: string[], named: Named): Promise<Side> {
  try {
    const { groups, search } = await fetchGroups(name, view, { by: ['stream'], order: '-calls', shown: 1, terms }, now, signal);
    return { ...named, row: groups[0] ?? null, search, refusal: null };
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 400) throw error;
    return { ...named, row: null, search: null, refusal: error.message };
  }
}

/** A and B, each under the search and in the range of the page; null where both are empty. */
export function askSearches(to: Ask, view: View, a: string, b: string): Promise<Sides> | null {
  if (a.trim() === '' && b.trim() === '') return null;
  const side = (title: string, q: string) =>
    ask(to, view, [q], { title, about: q.trim(), href: boardPath(to.name) + narrowed(view, [q]) });
  return Promise.all([side('A', a), side('B', b)]);
}

/** The range and the one of the same length before it; null where the range has no start. */
export function askRanges(to: Ask, view: View, bounds: { from: number; to: number }): Promise<Sides> | null {
  const back = stepRange(view, bounds, -1, to.now);
  if (back?.from == null || back.to == null) return null;
  const [from, start] = [back.from, back.to];
  const before = { ...view, from, to: start };
  const named = (title: string, ends: [number, number], q: string): Named => ({ title, about: span(...ends), href: boardPath(to.name) + q });
  return Promise.all([
    ask(to, before, [], named('The range before', [from, start], narrowed(before, []))),
    ask(to, view, [], named('This range', [start, start + (start - from)], narrowed(view, []))),
  ]);
}

/** Where the words of a search have not been looked for in all calls, the figures are of a part. */
export const isPart = ({ search }: Side) => search?.content?.is_complete === false;

/** Attributes that no call has. */
export const strange = ({ search }: Side) => search?.unknown_fields ?? [];

