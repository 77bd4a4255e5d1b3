import { expect, test, vi } from 'vitest';
import { fetchJson, Refusal, TooSlow } from '../lib/api';
import { holds, type Failed } from './failed';

const failed = (error: unknown): Failed => ({ error, key: 'a', version: 1, at: 1_000 });
const refused = failed(new Refusal(400, 'no such field', true));

test('a refusal of the question holds while nothing changes, and is not asked again with each call', () => {
  expect(holds(refused, 'a', 1, 1_000_000)).toBe(true);
  expect(holds(refused, 'a', 2, 3_000)).toBe(true);
  expect(holds(refused, 'a', 2, 17_000)).toBe(false);
  expect(holds(refused, 'b', 1, 3_000)).toBe(false);
});

test('a missing stream is asked for again with its first call', () => {
  const missing = failed(new Refusal(404, 'no such stream', true));
  expect(holds(missing, 'a', 1, 1_000_000)).toBe(true);
  expect(holds(missing, 'a', 2, 3_000)).toBe(false);
});

test('a busy server is left alone for a while', () => {
  const busy = failed(new Refusal(503, 'too many questions', true));
  expect(holds(busy, 'a', 2, 15_000)).toBe(true);
  expect(holds(busy, 'a', 1, 17_000)).toBe(false);
});

test('so is one that takes too long', async () => {
  vi.spyOn(AbortSignal, 'timeout').mockReturnValue(AbortSignal.abort(new DOMException('', 'TimeoutError')));
  vi.stubGlobal('fetch', () => Promise.reject(new DOMException('', 'TimeoutError')));
  const error: unknown = await fetchJson('/', new URLSearchParams(), new AbortController().signal).catch((error: unknown) => error);
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  expect(error).toBeInstanceOf(TooSlow);
  expect(holds(failed(error), 'a', 1, 3_000)).toBe(true);
  expect(holds(failed(error), 'a', 1, 17_000)).toBe(false);
});

test('an error of the server or of the way to it is tried again', () => {
  for (const error of [new Refusal(500, 'broken', true), new Refusal(502, 'the server answered 502'), new TypeError('Failed to fetch')]) {
    expect(holds(failed(error), 'a', 1, 3_000)).toBe(false);
  }
});
