// Keeping up with the server: one thing asked every two seconds, only while
// somebody looks, and never twice at once.

import { Refusal } from './api';

const EVERY_MS = 2_000;

class Live {
  paused = $state(false);
  /** False from the first failed try until the first one that succeeds. */
  reachable = $state(true);

  /** Notes what a request told about the way to the server. */
  succeeded(): void {
    this.reachable = true;
  }

  failed(error: unknown): void {
    if (error instanceof Refusal && !error.unreachable) this.reachable = true;
    else if (!isAbort(error)) this.reachable = false;
  }
}

export const live = new Live();

/** Repeats `task` until the returned function is called. */
export function poll(task: (signal: AbortSignal) => Promise<void>): () => void {
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;
  let first = true;

  async function turn(): Promise<void> {
    clearTimeout(timer);
    if (busy || stop.signal.aborted) return;
    // A page that has shown nothing yet is not paused, it is empty.
    if (first || (!document.hidden && !live.paused)) {
      first = false;
      busy = true;
      try {
        await task(stop.signal);
        live.succeeded();
      } catch (error) {
        live.failed(error);
      }
      busy = false;
    }
    if (!stop.signal.aborted) timer = setTimeout(turn, EVERY_MS);
  }

  // Coming back to the page should not wait for the next turn.
  document.addEventListener('visibilitychange', turn, { signal: stop.signal });
  // Not at once: what the task reads must not become a dependency of the
  // effect that started it.
  timer = setTimeout(turn);
  return () => {
    stop.abort();
    clearTimeout(timer);
  };
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'AbortError';
}
