// Changes of a board's panels.

export const without = <T>(all: T[], at: number): T[] => all.filter((_, place) => place !== at);

/** With one of them moved by a step; at the end it stays. */
export function moved<T>(all: T[], at: number, by: 1 | -1): T[] {
  const one = all[at];
  const to = at + by;
  if (one === undefined || to < 0 || to >= all.length) return all;
  return without(all, at).toSpliced(to, 0, one);
}
