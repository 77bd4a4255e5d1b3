// Where calls part from the calls before them, found out one after the other.

import { familyOf, previousOf, previousQuery } from '../../call/previous';
import { fetchJson, type CallAnswer, type Calls, type Row } from '../../lib/api';
import { isAbort } from '../../lib/live.svelte';
import type { StreamName } from '../../lib/url';
import { partingOf } from './misses';

export class Partings {
  /** By the id of a call. A call that has been made does not change. */
  #found = $state.raw<ReadonlyMap<string, string>>(new Map());

  of(id: string): string | null {
    return this.#found.get(id) ?? null;
  }

  /** For an effect. */
  find(name: StreamName, rows: Row[]): () => void {
    const stop = new AbortController();
    void this.#all(name, rows, stop.signal);
    return () => stop.abort();
  }

  async #all(name: StreamName, rows: Row[], signal: AbortSignal): Promise<void> {
    for (const row of rows) {
      if (signal.aborted) return;
      if (this.#found.has(row.id)) continue;
      try {
        const text = await parting(name, row, signal);
        this.#found = new Map([...this.#found, [row.id, text]]);
      } catch (error) {
        // The next answer of the board asks again.
        if (isAbort(error)) return;
      }
    }
  }
}

async function parting(name: StreamName, row: Row, signal: AbortSignal): Promise<string> {
  const family = familyOf(row);
  if (family === null) return 'It names neither a prompt nor a conversation: the call before it is not known.';
  const calls = await fetchJson<Calls>('/api/calls', previousQuery(name, row, family), signal);
  const before = previousOf(row, calls);
  if (before === null) return `The first call of its ${family.of}.`;
  const one = (id: string) => fetchJson<CallAnswer>('/api/call', new URLSearchParams({ entity: name.entity, project: name.project, id }), signal);
  const [earlier, later] = await Promise.all([one(before.id), one(row.id)]);
  return partingOf(earlier, later);
}
