// The board in the address, next to the view.

import { withOwn, type Own } from '../lib/own';
import { sectionPath, type StreamName } from '../lib/url';

const PARAMETER = 'board';

export const boardIn = (own: Own): string | null => (own as Record<string, string | null | undefined>)[PARAMETER] ?? null;

/** The first board is the one without the parameter. */
export const writeBoard = (id: string): Own => ({ [PARAMETER]: id === 'monitor' ? null : id });

/** What another board would read in its own way goes. */
export const FRESH: Own = { by: null, rows: null, columns: null, order: null, across: null, shown: null };

/** Saved boards have ids that the server gives; templates have words. */
export const isSaved = (id: string | null): id is string => id !== null && /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(id);

/** The address of a board, over all data. */
export const boardsHref = (name: StreamName, id: string): string => sectionPath(name, 'boards') + withOwn('', writeBoard(id));
