// The pairs of two settings that few calls have. The table of pairs has those with
// the most calls, so that the few are asked for by themselves.

import { viewOf, type PanelSpec } from '../explore/spec';
import { isFew } from '../lib/groups';
import type { QueryView, ViewAnswer } from '../lib/query';

/** As many groups as the server sends. */
const MOST = 500;

/** The pairs of a board, those with the fewest calls first. */
export function pairViews(specs: PanelSpec[]): QueryView[] {
  const pairs = specs.find(({ by }) => by.length === 2);
  return pairs === undefined ? [] : [{ ...viewOf(pairs), name: 'Pairs', limit: MOST, sort: 'calls', measures: ['calls'] }];
}

/** How many pairs have few calls; of some that are not in the answer it is not known. */
export function fewPairs(view: Pick<ViewAnswer, 'groups' | 'total' | 'measured'> | null): { few: number; isLeast: boolean } {
  if (view === null) return { few: 0, isLeast: false };
  const few = view.groups.filter(({ stats }) => isFew(stats.calls ?? 0)).length;
  const isCut = few === view.groups.length && view.total > few;
  return { few, isLeast: isCut || view.total > view.measured };
}
