// Keeping up with the server: one thing asked every two seconds, only while
// somebody looks, and never twice at once.

import { Refusal } from './api';

const EVERY_MS = 2_000;

/** A server that has refused for want of capacity is asked more rarely. */
export const BUSY_MS = 15_000;

/** A board asks several questions at once; the answer to one does not excuse the other. */
const AT_ONCE_MS = 1_500;

/** What the page can show of the server: it follows, it is paused, or something is wrong. */
export type Following = 'live' | 'paused' | 'unreachable' | 'failing';

export class Live {
  paused = $state(false);
  /** False from the first failed try until the first one that succeeds. */
  reachable = $state(true);
  /** Whether the server answers, yet with errors of its own: what is shown is old. */
  readonly erring = $derived.by(() => this.#polling || this.#answering);

  #polling = $state(false);
  #answering = $state(false);
  #failedAt = -Infinity;

  get following(): Following {
    if (!this.reachable) return 'unreachable';
    if (this.erring) return 'failing';
    return this.paused ? 'paused' : 'live';
  }

  /** Notes what a request showed about the way to the server. */
  succeeded(now = Date.now()): void {
    this.reachable = true;
    if (now - this.#failedAt >= AT_ONCE_MS) this.#answering = false;
  }

  failed(error: unknown, now = Date.now()): void {
    if (isAbort(error)) return;
    this.reachable = error instanceof Refusal && !error.unreachable;
    this.#answering = isFault(error);
    if (this.#answering) this.#failedAt = now;
  }

  /** The same of the repeated question, which shows nothing about the others. */
  polled(error?: unknown): void {
    if (isAbort(error)) return;
    this.reachable = error === undefined || (error instanceof Refusal && !error.unreachable);
    this.#polling = isFault(error);
  }
}

export const live = new Live();

/** The server's fault; a refusal below 500 is about the question. */
function isFault(error: unknown): boolean {
  return error instanceof Refusal && error.status >= 500 && !error.unreachable;
}

/** Repeats `task` until the returned function is called. */
export function poll(task: (signal: AbortSignal) => Promise<void>): () => void {
  const stop = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let busy = false;
  let first = true;
  let wait = EVERY_MS;

  async function turn(): Promise<void> {
    clearTimeout(timer);
    if (busy || stop.signal.aborted) return;
    // A page that has shown nothing yet is not paused, it is empty. One that could
    // not be read is not what the reader wanted to keep: a pause waits for recovery.
    if (first || (!document.hidden && (!live.paused || !live.reachable || live.erring))) {
      first = false;
      wait = EVERY_MS;
      busy = true;
      try {
        await task(stop.signal);
        live.polled();
      } catch (error) {
        live.polled(error);
        if (error instanceof Refusal && error.isBusy) wait = BUSY_MS;
      }
      busy = false;
    }
    if (!stop.signal.aborted) timer = setTimeout(turn, wait);
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
