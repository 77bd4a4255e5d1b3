// The board in the address, next to the view.

import type { Own } from '../lib/own';
import type { BoardId } from './titles';

const PARAMETER = 'board';

export const readBoard = (own: Own): string | null => (own as Record<string, string | null | undefined>)[PARAMETER] ?? null;

/** The first board is the one without the parameter. */
export const writeBoard = (id: BoardId): Own => ({ [PARAMETER]: id === 'monitor' ? null : id });

/** What another board would read in its own way goes. */
export const FRESH: Own = { by: null, rows: null, columns: null, order: null, across: null, shown: null };
