// Groups on a page: asked for anew when calls have come, when the question has
// changed and when a range that ends now has moved on.

import { fetchJson } from '../lib/api';
import { route } from '../lib/route.svelte';
import { isRelative, type StreamName, type View } from '../lib/url';
import { Asked } from '../places/asked.svelte';
import { holds, type Failed } from './failed';

/** New calls and a range that moves on change groups little: to measure them takes longer than to count. */
const MOVE_EVERY_MS = 15_000;

type Fetch<T> = (view: View, now: number, signal: AbortSignal) => Promise<T>;

export class Following<T> {
  readonly asked: Asked<T>;
  #answered = $state<string | null>(null);
  #had = '';
  #at = -Infinity;
  #failed: Failed | null = null;

  /** `question` is all that the answer depends on, except the range and the search. */
  constructor(name: StreamName, private readonly question: () => unknown, fetch: Fetch<T>) {
    this.asked = new Asked<T>(async (signal) => {
      const of = new URLSearchParams({ ...name });
      const { version } = await fetchJson<{ version: number }>('/api/version', of, signal);
      const [view, asked, now] = [route.view, this.#key(), Date.now()];
      const moved = isRelative(view) ? Math.floor(now / MOVE_EVERY_MS) : 0;
      const had = `${version} ${moved} ${asked}`;
      const isFresh = this.#answered === asked && now - this.#at < MOVE_EVERY_MS;
      if (this.asked.value !== null && (this.#had === had || isFresh)) return null;
      if (this.#failed !== null && holds(this.#failed, asked, version, now)) throw this.#failed.error;
      const value = await fetch(view, now, signal).catch((error: unknown) => {
        // The wait starts with the failure: it may itself have come late.
        if (!signal.aborted) this.#failed = { error, key: asked, version, at: Date.now() };
        throw error;
      });
      this.#failed = null;
      this.#had = had;
      this.#at = now;
      this.#answered = asked;
      return value;
    });
  }

  /** What is on screen answers another question than the one of the address. */
  get stale(): boolean {
    return this.asked.value !== null && this.#answered !== this.#key();
  }

  /** For an effect. */
  follow(): () => void {
    this.#key();
    // The reader wants it now, or it is another question.
    this.#failed = null;
    return this.asked.follow();
  }

  #key(): string {
    const { range, from, to, q } = route.view;
    return JSON.stringify([range, from, to, q, this.question()]);
  }
}
