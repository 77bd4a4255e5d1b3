// The live page's rows as they are on screen: applied a few times a second, held back while
// somebody reads further down, and true about what was not received.

import { Refusal } from '../lib/api';
import { isAbort, live } from '../lib/live.svelte';
import type { StreamName } from '../lib/url';
import { connect } from './connection';
import { merge, replaced, type Batch, type Entry } from './feed';
import { due, fetchRow, SETTLE_EVERY_MS } from './settle';
import { summary } from './words';

const APPLY_EVERY_MS = 250;
const SUMMARY_EVERY_MS = 10_000;

/** Whether calls come, or why not. `stopped` is the page's own choice. */
export type Phase = 'stopped' | 'connecting' | 'live' | 'reconnecting' | 'refused';

export class LiveFeed {
  /** On screen, newest first. */
  shown = $state.raw<Entry[]>([]);
  /** New calls that are held back. */
  waiting = $state(0);
  phase = $state<Phase>('stopped');
  /** Why the server did not answer; null where it does, or was not reached. */
  refusal = $state.raw<Refusal | null>(null);
  /** The address whose first calls are here. */
  answered = $state<string | null>(null);
  /** It stands still while nothing is received: what ran then may have ended. */
  now = $state(Date.now());
  /** For screen readers, at most every ten seconds. */
  summary = $state('');

  /** All that came, those that are held back too. */
  #entries: Entry[] = [];
  #isHeld = false;
  #address: string | null = null;
  #buffer: { batch: Batch; isFirst: boolean }[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #appliedAt = -Infinity;
  #since = { added: 0, failed: 0 };
  #asked = new Map<string, number>();

  constructor(private readonly name: StreamName) {}

  /** Receives until the returned function is called. */
  follow(address: string): () => void {
    if (address !== this.#address) this.#clear(address);
    this.phase = 'connecting';
    const disconnect = connect(address, {
      opened: () => live.polled(),
      received: (batch, isFirst) => this.#take(batch, isFirst),
      lost: (error) => {
        if (isAbort(error)) return;
        this.phase = 'reconnecting';
        this.refusal = refusalOf(error);
        if (error !== null) live.polled(error);
      },
      refused: (refusal) => {
        live.polled();
        this.phase = 'refused';
        this.refusal = refusal;
      },
    });
    const stop = new AbortController();
    const timers = [
      setInterval(() => this.#tick(), 1_000),
      setInterval(() => this.#summarize(), SUMMARY_EVERY_MS),
      setInterval(() => void this.#settle(stop.signal), SETTLE_EVERY_MS),
    ];
    return () => {
      disconnect();
      stop.abort();
      timers.forEach(clearInterval);
      this.#apply();
      this.phase = 'stopped';
    };
  }

  /** While held, what is on screen stays where it is: calls that are there still change in place. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    // Not only new calls are held back: so is the note of a gap.
    if (isHeld || this.shown === this.#entries) return;
    this.shown = this.#entries;
    this.waiting = 0;
  }

  #clear(address: string): void {
    this.#address = address;
    this.#entries = [];
    this.#buffer = [];
    this.#since = { added: 0, failed: 0 };
    this.#asked.clear();
    this.shown = [];
    this.waiting = 0;
    this.refusal = null;
    this.answered = null;
    this.summary = '';
  }

  #take(batch: Batch, isFirst: boolean): void {
    this.#buffer.push({ batch, isFirst });
    const wait = this.#appliedAt + APPLY_EVERY_MS - Date.now();
    this.#timer ??= setTimeout(() => this.#apply(), Math.max(0, wait));
  }

  #apply(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const buffer = this.#buffer.splice(0);
    if (buffer.length === 0) return;
    this.#appliedAt = this.now = Date.now();
    for (const { batch, isFirst } of buffer) {
      const { entries, added, failed } = merge(this.#entries, batch, isFirst, this.now);
      this.#entries = entries;
      this.#since = { added: this.#since.added + added, failed: this.#since.failed + failed };
      if (this.#isHeld) this.waiting += added;
    }
    const isKept = this.#isHeld && this.shown.length > 0;
    this.shown = isKept ? replaced(this.shown, buffer.flatMap(({ batch }) => batch.calls), this.now) : this.#entries;
    this.phase = 'live';
    this.refusal = null;
    this.answered = this.#address;
  }

  #tick(): void {
    if (this.phase === 'live') this.now = Date.now();
  }

  #summarize(): void {
    this.summary = summary(this.#since.added, this.#since.failed);
    this.#since = { added: 0, failed: 0 };
  }

  async #settle(signal: AbortSignal): Promise<void> {
    if (this.phase !== 'live') return;
    const [rows, address] = [due(this.#entries, this.#asked, Date.now()), this.#address];
    for (const row of rows) {
      this.#asked.set(row.id, Date.now());
      // The next turn tries again; whether the server is there the connection shows.
      const found = await fetchRow(this.name, row, signal).catch(() => null);
      if (signal.aborted || address !== this.#address) return;
      if (found === null) continue;
      if (found.status !== 'running') this.#asked.delete(row.id);
      this.#entries = replaced(this.#entries, [found], Date.now());
      this.shown = this.#isHeld ? replaced(this.shown, [found], Date.now()) : this.#entries;
    }
  }
}

function refusalOf(error: unknown): Refusal | null {
  return error instanceof Refusal && !error.unreachable ? error : null;
}
