// A group of a panel as terms of the search.

import { groupOf, has, join, split, textOf, toggled, type Term } from '../lib/search';

/** Whether a term asks for values of a property. */
const asks = (term: Term, group: string) => term.whole && !term.excluded && term.field !== null && groupOf(term.field) === group;

/** Whether the search asks for one value of a property and for no other. */
function isOnly(q: string, group: string, key: string): boolean {
  const terms = split(q).filter((term) => asks(term, group));
  return terms.length > 0 && terms.every((term) => term.values.length === 1 && has(textOf(q, term), group, key));
}

const withoutValues = (q: string, group: string) =>
  join(...split(q).filter((term) => !asks(term, group)).map((term) => textOf(q, term)));

/** Whether the search asks for this group and for no other. */
export const isPicked = (q: string, by: string[], keys: string[]) =>
  by.length > 0 && by.every((group, at) => isOnly(q, group, keys[at] ?? ''));

/** Whether the search can leave out a group: of a pair it has no term. */
export const canExclude = (by: string[]) => by.length === 1;

/** The search for this group alone, without its terms where it asks for nothing else, or with the group left out. */
export function picked(q: string, by: string[], keys: string[], excluded: boolean): string {
  const [first] = by;
  if (excluded) return first === undefined || !canExclude(by) ? q : toggled(q, first, keys[0] ?? '', true);
  if (isPicked(q, by, keys)) return by.reduce(withoutValues, q);
  return by.reduce((text, group, at) => {
    const key = keys[at] ?? '';
    // A second value of a property would be "or", and a pair would be met by four.
    return isOnly(text, group, key) ? text : toggled(withoutValues(text, group), group, key);
  }, q);
}

/** What a click does, for a pointer that asks. */
export const pickTitle = (by: string[], label: string) => `Filter by ${label}${canExclude(by) ? '; Alt-click excludes it' : ''}`;
