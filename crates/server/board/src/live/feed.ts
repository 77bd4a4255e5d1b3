// The rows of the live page as plain data: what an event adds, what it replaces and what falls out.
// Rows stand in the order in which they came: a call of a service that sends no starts comes when it
// ends, and would else appear in the middle of what is read.

import type { Row } from '../lib/api';

/** As many as a reader looks back on; more would only slow the page down. */
export const MOST_ROWS = 500;

/** What an event of the server has. */
export interface Batch {
  /** Oldest first: new calls, and earlier ones that have changed. */
  calls: Row[];
  /** How many more new calls there were than the server sends. */
  skipped: number;
}

export interface Entry {
  row: Row;
  /** Calls of the same second that are not listed. The note stands above the newest, where it is seen. */
  skipped: number;
  /** Calls may have come between this one and the one above, while nothing was received. */
  gap: boolean;
  /** It came while the page was open, not with the first calls. */
  isNew: boolean;
  /** When the server last sent it. */
  seen: number;
  /** It was running when the connection ended, and no later state of it has come. */
  isUnsure: boolean;
}

export interface Merged {
  /** Newest first. */
  entries: Entry[];
  /** Calls that were not there before, and those among them and the changed ones that have failed since. */
  added: number;
  failed: number;
}

/**
 * `isFirst` of a connection: these are the newest calls, whether they are known or not. The server cannot
 * resume, and a call that ended in the meantime may have started before all of them: some may be missing.
 */
export function merge(entries: Entry[], batch: Batch, isFirst: boolean, now: number, most = MOST_ROWS): Merged {
  const isOpening = isFirst && entries.length === 0;
  const known = new Map(entries.map(({ row }) => [row.id, row]));
  const calls = latest(batch.calls);
  const added = calls.filter(({ id }) => !known.has(id));
  const kept = replaced(isFirst ? entries.map(unsure) : entries, calls, now);
  if (isFirst && kept[0] !== undefined) kept[0] = { ...kept[0], gap: true };
  const rows = added.map((row): Entry => ({ row, skipped: 0, gap: false, isNew: !isOpening, seen: now, isUnsure: false }));
  const all = [...rows.reverse(), ...kept].slice(0, most);
  if (batch.skipped > 0 && all[0] !== undefined) all[0] = { ...all[0], skipped: all[0].skipped + batch.skipped };
  const failed = calls.filter((row) => hasFailed(row) && !hasFailed(known.get(row.id))).length;
  return isOpening ? { entries: all, added: 0, failed: 0 } : { entries: all, added: added.length, failed };
}

/** The same rows in the same places, with what is newer about them. */
export function replaced(entries: Entry[], calls: Row[], now: number): Entry[] {
  if (calls.length === 0) return [...entries];
  const news = new Map(calls.map((row) => [row.id, row]));
  return entries.map((entry) => {
    const row = news.get(entry.row.id);
    return row === undefined ? entry : { ...entry, row, seen: now, isUnsure: false };
  });
}

/** A running call may have ended while nothing was received. */
function unsure(entry: Entry): Entry {
  return entry.row.status === 'running' ? { ...entry, isUnsure: true } : entry;
}

/** Two events in one turn may have a call twice: the later one counts, at the place of the first. */
function latest(calls: Row[]): Row[] {
  return [...new Map(calls.map((row) => [row.id, row])).values()];
}

const hasFailed = (row: Row | undefined) => row?.status === 'error' || row?.outcome === 'error';

/** Null where the text is no event of ours. */
export function readBatch(text: unknown): Batch | null {
  if (typeof text !== 'string') return null;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('calls' in value) || !Array.isArray(value.calls)) return null;
    const skipped = 'skipped' in value && typeof value.skipped === 'number' ? Math.max(0, value.skipped) : 0;
    return { calls: value.calls as Row[], skipped };
  } catch {
    return null;
  }
}
