// A group of a panel as terms of the search.

import { has, toggled } from '../lib/search';

export const isPicked = (q: string, by: string[], keys: string[]) =>
  by.length > 0 && by.every((group, at) => has(q, group, keys[at] ?? ''));

/** Whether the search can leave out a group: of a pair it has no term. */
export const canExclude = (by: string[]) => by.length === 1;

/** The search with the terms of a group, without them where they all stand, or with the group left out. */
export function picked(q: string, by: string[], keys: string[], excluded: boolean): string {
  const [first] = by;
  if (excluded) return first === undefined || !canExclude(by) ? q : toggled(q, first, keys[0] ?? '', true);
  const all = isPicked(q, by, keys);
  return by.reduce((text, group, at) => {
    const key = keys[at] ?? '';
    return has(text, group, key) === all ? toggled(text, group, key) : text;
  }, q);
}

/** What a click does, for a pointer that asks. */
export const pickTitle = (by: string[], label: string) => `Filter by ${label}${canExclude(by) ? '; Alt-click excludes it' : ''}`;
