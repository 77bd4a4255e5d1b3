// The boards of a project, as its page lists them.

import type { BoardEntry } from '../lib/boards';

/** Boards whose title holds every word of a search. */
export function titled(boards: BoardEntry[], search: string): BoardEntry[] {
  const words = search.toLowerCase().split(/\s+/).filter((word) => word !== '');
  return boards.filter(({ title }) => words.every((word) => title.toLowerCase().includes(word)));
}
