import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { backoff, connect, liveAddress, type Receiver } from './connection';

/** Stands in for the browser's. */
class Source {
  static readonly CLOSED = 2;
  static all: Source[] = [];
  readyState = 0;
  onopen: () => void = () => {};
  onerror: () => void = () => {};
  #take: (event: { data: string }) => void = () => {};
  constructor(readonly address: string) {
    Source.all.push(this);
  }
  addEventListener(_: string, take: (event: { data: string }) => void): void {
    this.#take = take;
  }
  close(): void {
    this.readyState = Source.CLOSED;
  }
  send(data: string): void {
    this.#take({ data });
  }
  static get last(): Source {
    return Source.all.at(-1) as Source;
  }
}

const answers = (status: number, body: unknown) => vi.fn(() => Promise.resolve(new Response(JSON.stringify(body), { status })));
const receiver = () => ({ opened: vi.fn(), received: vi.fn(), lost: vi.fn(), refused: vi.fn() }) satisfies Receiver;
const EVENT = '{"calls":[],"skipped":0}';

beforeEach(() => {
  Source.all = [];
  vi.useFakeTimers();
  vi.stubGlobal('EventSource', Source);
  vi.stubGlobal('addEventListener', () => {});
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test('the address has the search only where there is one', () => {
  const name = { entity: 'e', project: 'p', stream: 's t' };
  expect(liveAddress(name, '')).toBe('/api/live?entity=e&project=p&stream=s+t');
  expect(liveAddress(name, 'user:a&b')).toContain('&q=user%3Aa%26b');
});

test('the wait grows from one second to fifteen', () => {
  expect([0, 1, 2, 3, 4, 50].map((n) => backoff(n, 0))).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
  expect([backoff(0, 1), backoff(50, 1)]).toEqual([1_000, 12_000]);
});

test('the first event of each connection is marked', async () => {
  const to = receiver();
  const stop = connect('/x', to);
  Source.last.send(EVENT);
  Source.last.send(EVENT);
  Source.last.onerror();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(Source.all).toHaveLength(2);
  Source.last.send(EVENT);
  expect(to.received.mock.calls.map(([, isFirst]) => isFirst)).toEqual([true, false, true]);
  expect(to.lost.mock.calls).toEqual([[null]]);
  stop();
});

test('a refused question is asked once for the reason and not again', async () => {
  const fetch = answers(400, { reason: 'search by fields' });
  vi.stubGlobal('fetch', fetch);
  const to = receiver();
  connect('/x', to);
  Source.last.onerror();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(fetch).toHaveBeenCalledTimes(1);
  expect(to.refused.mock.calls[0]?.[0]).toMatchObject({ status: 400, message: 'search by fields' });
  expect([to.lost.mock.calls.length, Source.all.length]).toEqual([0, 1]);
});

test('a server that is away is tried again', async () => {
  vi.stubGlobal('fetch', vi.fn(() => Promise.reject(new TypeError('fetch failed'))));
  const to = receiver();
  const stop = connect('/x', to);
  Source.last.onerror();
  await vi.advanceTimersByTimeAsync(1_000);
  Source.last.onerror();
  await vi.advanceTimersByTimeAsync(1_500);
  expect(Source.all).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(500);
  expect(Source.all).toHaveLength(3);
  expect(to.lost.mock.calls[0]?.[0]).toBeInstanceOf(TypeError);
  stop();
});

test('what is no event ends the connection, and a stop ends all', async () => {
  const to = receiver();
  const stop = connect('/x', to);
  Source.last.send('[');
  expect([Source.last.readyState, to.lost.mock.calls.length]).toEqual([Source.CLOSED, 1]);
  stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(Source.all).toHaveLength(1);
});
