// Parameters that single pages have in the address next to the view: the order
// of groups, what a pivot shows, what is compared. They stay while the view changes.

export const OWN = ['order', 'across', 'shown', 'find', 'agents_order', 'agents_shown', 'agents_find', 'rows', 'columns', 'measure', 'by', 'board', 'then', 'draw', 'where', 'spans', 'a', 'b'] as const;
export type OwnName = (typeof OWN)[number];
export type Own = Partial<Record<OwnName, string | null>>;

export function readOwn(search: string): Own {
  const query = new URLSearchParams(search);
  const own: Own = {};
  for (const name of OWN) {
    const value = query.get(name);
    if (value !== null && value !== '') own[name] = value;
  }
  return own;
}

/** A view's query, with its `?`, and a page's own parameters after it. */
export function withOwn(view: string, own: Own): string {
  const query = new URLSearchParams();
  for (const name of OWN) {
    const value = own[name] ?? '';
    if (value !== '') query.set(name, value);
  }
  const text = query.toString();
  if (text === '') return view;
  return view === '' ? `?${text}` : `${view}&${text}`;
}
