// Choices for the search line: fields at once, real values when the server has
// answered. A newer question stops the one under way.

import { fetchJson, type Summary } from '../lib/api';
import { count } from '../lib/format';
import { isNumber } from '../lib/search';
import { valuesQuery, type StreamName, type View } from '../lib/url';
import { fields, ranges, valueText, type Choice, type Typed } from './complete';

const WAIT_MS = 120;

interface Values {
  total: number;
  values: { value: string; calls: number }[];
}

export class Suggest {
  choices = $state.raw<Choice[]>([]);
  /** How many values there are beyond those offered. */
  more = $state(0);
  /** The chosen one, from 0; -1 for none. */
  active = $state(-1);
  readonly isOpen = $derived.by(() => this.choices.length > 0);

  #stop: AbortController | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #paths: string[] | null = null;
  /** What the choices on screen are of. */
  #kind = '';

  constructor(private readonly name: () => StreamName) {}

  /** Offers choices for what is typed, among the calls that a view selects. */
  ask(at: Typed, view: View, paths: string[] | null): void {
    this.stop();
    this.active = -1;
    // Fields chosen where a value stands would be written into it.
    const kind = at.kind === 'value' ? `value ${at.group}` : at.kind;
    if (kind !== this.#kind) this.#offer([]);
    this.#kind = kind;
    if (at.kind === 'range') return this.#offer(ranges(at.field, at.prefix));
    if (at.kind === 'field') {
      const known = paths ?? this.#paths;
      if (known === null) void this.#askPaths(at.prefix, at.isHas);
      return this.#offer(fields(at.prefix, known ?? [], at.isHas));
    }
    this.#timer = setTimeout(() => void this.#askValues(at.group, at.prefix, view), WAIT_MS);
  }

  close(): void {
    this.stop();
    this.#offer([]);
  }

  /** Chooses the next or the previous one; between the last and the first none is. */
  move(by: number): void {
    const places = this.choices.length + 1;
    this.active = ((this.active + 1 + by + places) % places) - 1;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#stop?.abort();
    this.#stop = null;
  }

  #offer(choices: Choice[], more = 0): void {
    this.choices = choices;
    this.active = -1;
    this.more = more;
  }

  async #askValues(group: string, prefix: string, view: View): Promise<void> {
    const stop = (this.#stop = new AbortController());
    // A star stands for any text: what comes before it is the prefix.
    const query = valuesQuery(this.name(), view, Date.now(), group, prefix.split('*')[0] ?? '');
    try {
      const { total, values } = await fetchJson<Values>('/api/values', query, stop.signal);
      if (stop.signal.aborted) return;
      const choices = values.map(({ value, calls }) => ({ text: valueText(value), label: value, note: count(calls), ends: true }));
      this.#offer(choices, total - values.length);
    } catch {
      // Completion is a help: a search can be written without it.
      if (!stop.signal.aborted) this.#offer([]);
    }
  }

  async #askPaths(prefix: string, isHas: boolean): Promise<void> {
    const stop = (this.#stop = new AbortController());
    const query = new URLSearchParams({ ...this.name(), bins: '1', group: 'status' });
    try {
      const { attributes } = await fetchJson<Summary>('/api/summary', query, stop.signal);
      this.#paths = attributes.map(({ path }) => path).filter((path) => !isNumber(path));
      if (!stop.signal.aborted) this.#offer(fields(prefix, this.#paths, isHas));
    } catch {
      // The properties of every call are offered all the same.
    }
  }
}
