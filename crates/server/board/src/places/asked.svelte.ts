// What a page is made of: asked for, shown until something newer has come, and
// honest about why there is nothing.

import { Refusal, TooSlow } from '../lib/api';
import { isAbort, poll } from '../lib/live.svelte';

/** A skeleton shown sooner than this would only flicker. */
const SKELETON_MS = 200;

export class Asked<T> {
  value = $state.raw<T | null>(null);
  refusal = $state.raw<Refusal | null>(null);
  /** No answer of the server came the last time. */
  lost = $state(false);
  /** It was lost because it took too long: the server is there. */
  late = $state(false);
  /** Nothing has come yet, and the wait is long enough to show it. */
  slow = $state(false);

  #tries = $state(0);

  /** `ask` answers null when what it has given before still holds. */
  constructor(private readonly ask: (signal: AbortSignal) => Promise<T | null>) {}

  /** Asks until the returned function is called; for an effect. */
  follow(): () => void {
    void this.#tries;
    const skeleton = setTimeout(() => (this.slow = true), SKELETON_MS);
    const stop = poll(async (signal) => {
      try {
        const value = await this.ask(signal);
        if (signal.aborted) return;
        if (value !== null) this.value = value;
        this.#clear();
      } catch (error) {
        if (!isAbort(error)) this.#fail(error);
        throw error;
      } finally {
        clearTimeout(skeleton);
      }
    });
    return () => {
      clearTimeout(skeleton);
      stop();
    };
  }

  retry(): void {
    this.#clear();
    this.#tries += 1;
  }

  #clear(): void {
    this.refusal = null;
    this.lost = false;
    this.late = false;
  }

  #fail(error: unknown): void {
    const refusal = error instanceof Refusal && !error.unreachable ? error : null;
    this.refusal = refusal;
    this.lost = refusal === null;
    this.late = error instanceof TooSlow;
  }
}
