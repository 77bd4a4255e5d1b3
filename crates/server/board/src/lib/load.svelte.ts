// One answer of the server, kept on screen until a newer one has arrived.

import { fetchJson, Refusal } from './api';
import { BUSY_MS, isAbort, live } from './live.svelte';

export class Load<T> {
  value = $state.raw<T | null>(null);
  /** The question `value` answers; the page may have moved on already. */
  asked = $state.raw(new URLSearchParams());
  /** The key of the question `value` answers. */
  answered = $state<string | null>(null);
  /** Why the server refused; null when it did not, or was not reached. */
  refusal = $state.raw<Refusal | null>(null);
  busy = $state(false);
  /** The server has not answered the last time, or with an error of its own: ask again. */
  lost = $state(false);

  #key: string | null = null;
  #again = false;
  #stop: AbortController | null = null;
  /** A busy server is not asked the same before. */
  #notBefore = 0;

  constructor(readonly path: string) {}

  /**
   * Asks anew. `key` names the question: another question stops the one under
   * way, the same one waits for it, so that a busy server is never starved of
   * the time to answer.
   */
  ask(key: string, query: () => URLSearchParams): void {
    if (this.#stop !== null && this.#key === key) {
      this.#again = true;
      return;
    }
    if (this.#key === key && Date.now() < this.#notBefore) return;
    this.#stop?.abort();
    this.#key = key;
    void this.#run(query);
  }

  /** The reader wants it now: the next question is asked although the server was busy. */
  hurry(): void {
    this.#notBefore = 0;
  }

  /** Ends what is under way; for components that go. */
  stop(): void {
    this.#stop?.abort();
    this.#stop = null;
    this.#again = false;
    this.busy = false;
  }

  async #run(query: () => URLSearchParams): Promise<void> {
    const stop = new AbortController();
    this.#stop = stop;
    this.#again = false;
    this.busy = true;
    try {
      const asked = query();
      const value = await fetchJson<T>(this.path, asked, stop.signal);
      if (stop.signal.aborted) return;
      this.#notBefore = 0;
      this.value = value;
      this.asked = asked;
      this.answered = this.#key;
      this.refusal = null;
      this.lost = false;
      live.succeeded();
    } catch (error) {
      if (stop.signal.aborted || isAbort(error)) return;
      live.failed(error);
      this.#notBefore = error instanceof Refusal && error.isBusy ? Date.now() + BUSY_MS : 0;
      this.refusal = error instanceof Refusal && !error.unreachable ? error : null;
      this.lost = this.refusal === null || this.refusal.status >= 500;
    }
    this.#stop = null;
    this.busy = false;
    if (this.#again && Date.now() >= this.#notBefore) void this.#run(query);
  }
}
