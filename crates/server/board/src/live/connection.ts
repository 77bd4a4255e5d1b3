// One stream of events that is opened again when it ends, later each time. A browser allows six
// connections per host over all tabs: who has one closes it as soon as it is not needed.

import { Refusal } from '../lib/api';
import { BUSY_MS } from '../lib/live.svelte';
import type { StreamName } from '../lib/url';
import { readBatch, type Batch } from './feed';

const SHORTEST_MS = 1_000;
const LONGEST_MS = 15_000;

export interface Receiver {
  opened: () => void;
  /** The first of a connection has the newest calls. */
  received: (batch: Batch, isFirst: boolean) => void;
  /** It will be tried again. The error is null where the connection only ended. */
  lost: (error: unknown) => void;
  /** The server cannot read the question: it is not asked again. */
  refused: (refusal: Refusal) => void;
}

export function liveAddress(name: StreamName, q: string): string {
  const query = new URLSearchParams({ ...name });
  if (q !== '') query.set('q', q);
  return `/api/live?${query}`;
}

/** How long to wait after so many failures; a part of it is chance, so that boards do not come back all at once. */
export function backoff(failures: number, chance = Math.random()): number {
  const wait = Math.min(LONGEST_MS, SHORTEST_MS * 2 ** failures);
  return Math.max(SHORTEST_MS, wait * (1 - chance / 5));
}

/** Receives until the returned function is called. */
export function connect(address: string, to: Receiver): () => void {
  const stop = new AbortController();
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  function open(): void {
    let isFirst = true;
    const own = new EventSource(address);
    source = own;
    own.onopen = () => to.opened();
    // The browser would try again by itself, at a pace of its own.
    own.onerror = () => {
      own.close();
      void again(isFirst);
    };
    own.addEventListener('calls', (event: MessageEvent) => {
      const batch = readBatch(event.data);
      if (batch === null) {
        own.close();
        return wait(new Error('the server sent what is no event'));
      }
      failures = 0;
      to.received(batch, isFirst);
      isFirst = false;
    });
  }

  async function again(isUnanswered: boolean): Promise<void> {
    const error = isUnanswered ? await whyNot(address, stop.signal) : null;
    if (stop.signal.aborted) return;
    if (error instanceof Refusal && error.status === 400) return to.refused(error);
    wait(error);
  }

  function wait(error: unknown): void {
    to.lost(error);
    const isBusy = error instanceof Refusal && error.isBusy;
    timer = setTimeout(open, isBusy ? BUSY_MS : backoff(failures));
    failures += 1;
  }

  /** The way to the server is there again: no need to wait. */
  function hurry(): void {
    if (source?.readyState !== EventSource.CLOSED || timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    open();
  }

  addEventListener('online', hurry, { signal: stop.signal });
  open();
  return () => {
    stop.abort();
    clearTimeout(timer);
    source?.close();
  };
}

/** A stream of events does not show why it was refused: the same address asked once more does. Null where it answers now. */
async function whyNot(address: string, signal: AbortSignal): Promise<unknown> {
  const enough = new AbortController();
  const limit = AbortSignal.any([signal, enough.signal, AbortSignal.timeout(LONGEST_MS)]);
  try {
    const answer = await fetch(address, { signal: limit, headers: { accept: 'text/event-stream' }, cache: 'no-store' });
    if (answer.ok) return null;
    const body: unknown = await answer.json().catch(() => null);
    const hasReason = typeof body === 'object' && body !== null && 'reason' in body;
    return new Refusal(answer.status, hasReason ? String(body.reason) : `the server answered ${answer.status}`, hasReason);
  } catch (error) {
    return error;
  } finally {
    enough.abort();
  }
}
