// What is written in the search line, and how it becomes the address's search.

import { fetchJson, Refusal } from '../lib/api';
import { route } from '../lib/route.svelte';
import { join, split, textOf, without } from '../lib/search';
import { checkQuery, type StreamName } from '../lib/url';

export class Line {
  draft = $state('');
  /** Why the server does not take it. */
  wrong = $state<string | null>(null);
  /** The search without the term that is being edited in the line. */
  #base = $state<string | null>(null);
  /** That term, as it stands in the search. */
  #term = '';
  #checking: AbortController | null = null;

  constructor(private readonly name: () => StreamName) {}

  /** The terms next to the line. */
  get rest(): string {
    return this.#base ?? route.view.q;
  }

  /** Adds the line's terms to the search, if the server takes them. */
  async apply(): Promise<void> {
    const [draft, base, term, q] = [this.draft, this.#base, this.#term, route.view.q];
    if (draft.trim() === '' && base === null) return;
    this.stop();
    const stop = (this.#checking = new AbortController());
    try {
      await fetchJson('/api/values', checkQuery(this.name(), join(this.rest, draft)), stop.signal);
    } catch (error) {
      if (stop.signal.aborted) return;
      if (error instanceof Refusal && error.status === 400) {
        this.wrong = error.message;
        return;
      }
      // Whether the server can be reached is shown elsewhere.
    }
    // The check takes a while: what was typed in it stays in the line, and a filter
    // that was chosen in it stays in the search.
    const kept = this.#base !== base && this.#base !== null ? join(this.#base, draft) : null;
    if (this.draft.startsWith(draft)) this.draft = this.draft.slice(draft.length).trimStart();
    const rest = base === null || route.view.q === q ? (base ?? route.view.q) : withoutTerm(route.view.q, term);
    this.show(join(rest, draft));
    this.#base = kept;
  }

  show(q: string): void {
    this.wrong = null;
    this.#base = null;
    route.show({ q, page: 1 });
  }

  /** Takes a term into the line; the search changes when it is applied. */
  edit(text: string, rest: string): void {
    this.draft = this.#base === null ? join(this.draft, text) : text;
    this.#base = rest;
    this.#term = text;
    this.wrong = null;
  }

  /** Back to the search as it is: a term that was taken into the line is a chip again. */
  leave(): void {
    this.draft = '';
    this.wrong = null;
    this.#base = null;
  }

  /** Who goes elsewhere keeps a new term in the line, not a half-edited one. */
  away(): void {
    if (this.#base !== null) this.leave();
  }

  stop(): void {
    this.#checking?.abort();
    this.#checking = null;
  }
}

function withoutTerm(q: string, text: string): string {
  const term = split(q).find((one) => textOf(q, one) === text);
  return term === undefined ? q : without(q, term);
}
