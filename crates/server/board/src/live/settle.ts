// Running calls whose end was not received: it came while the connection was closed, or the call that
// ended does not meet the search any more. They are asked for by the time at which they started.

import { fetchJson, type Calls, type Row } from '../lib/api';
import type { StreamName } from '../lib/url';
import type { Entry } from './feed';

export const SETTLE_EVERY_MS = 5_000;

/** At once; the others have their turn later. */
const AT_ONCE = 4;

/** A call that is running as it should is not asked for sooner. */
const SURE_MS = 30_000;

/** Those that are due, the longest unseen first. A call that has been running for hours is asked for more rarely. */
export function due(entries: Entry[], asked: ReadonlyMap<string, number>, now: number): Row[] {
  const since = ({ row, seen }: Entry) => Math.max(seen, asked.get(row.id) ?? 0);
  const isDue = (entry: Entry) => {
    const { row, isUnsure } = entry;
    if (row.status !== 'running') return false;
    if (isUnsure && !asked.has(row.id)) return true;
    return now - since(entry) >= Math.max(SURE_MS, (now - row.started_at) / 10);
  };
  const found = entries.filter(isDue).sort((one, other) => since(one) - since(other));
  return found.slice(0, AT_ONCE).map(({ row }) => row);
}

/** The call as it is now; null where the server has it no more. */
export async function fetchRow(name: StreamName, { id, started_at }: Row, signal: AbortSignal): Promise<Row | null> {
  const from = Math.floor(started_at);
  const query = new URLSearchParams({ ...name, from: String(from), to: String(from + 1), limit: '100' });
  const { calls } = await fetchJson<Calls>('/api/calls', query, signal);
  return calls.find((row) => row.id === id) ?? null;
}
