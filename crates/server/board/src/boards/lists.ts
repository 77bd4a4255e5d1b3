// The calls that a board lists under its panels.

import { HIGHLIGHTS, withTerms, type Highlight } from '../highlights/questions';
import { selectionQuery } from '../lib/groups';
import type { StreamName, View } from '../lib/url';
import type { BoardSpec } from './templates';

export type ListName = NonNullable<BoardSpec['list']>;

export const ROWS = 10;

/** Its rows show what the dearest calls show: the cost. */
const NEWEST: Highlight = {
  id: 'dearest',
  title: 'Newest requests',
  sort: '-started_at',
  terms: ['has:op'],
  of: ({ calls }) => calls,
  fits: () => true,
};

export function listOf(name: ListName): Highlight {
  return HIGHLIGHTS.find(({ id }) => id === name) ?? NEWEST;
}

export function rowsQuery({ sort, terms }: Highlight, name: StreamName, view: View, now: number): URLSearchParams {
  const query = selectionQuery(name, { ...view, q: withTerms(view.q, terms) }, now);
  query.set('sort', sort);
  query.set('limit', String(ROWS));
  return query;
}
