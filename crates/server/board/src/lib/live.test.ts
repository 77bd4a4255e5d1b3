import { expect, test } from 'vitest';
import { Refusal } from './api';
import { Live } from './live.svelte';

const fault = new Refusal(500, 'disk full');

test('a server that is not there, or is failing, is not followed', () => {
  const live = new Live();
  expect(live.following).toBe('live');
  live.polled(new TypeError('fetch failed'));
  expect(live.following).toBe('unreachable');
  live.polled(new Refusal(502, 'bad gateway'));
  expect(live.following).toBe('unreachable');
  live.polled(fault);
  expect(live.following).toBe('failing');
  live.polled();
  expect(live.following).toBe('live');
});

test('a server that gives a reason is there, even where a proxy could have answered', () => {
  const live = new Live();
  const busy = new Refusal(503, 'too many questions at once', true);
  expect([busy.unreachable, busy.isBusy]).toEqual([false, true]);
  expect([new Refusal(503, '').unreachable, new Refusal(500, 'disk full', true).isBusy]).toEqual([true, false]);
  live.polled(busy);
  expect(live.following).toBe('failing');
});

test('an answer to another question does not hide a failure', () => {
  const live = new Live();
  live.failed(fault, 1_000);
  live.succeeded(1_100);
  live.polled();
  expect(live.following).toBe('failing');
  live.succeeded(9_000);
  expect(live.following).toBe('live');
});

test('a refused question is no failure, an abandoned one is nothing', () => {
  const live = new Live();
  live.failed(new Refusal(404, 'no such stream'));
  expect(live.following).toBe('live');
  live.failed(new DOMException('', 'AbortError'));
  live.polled(new DOMException('', 'AbortError'));
  expect(live.following).toBe('live');
});

test('a pause is shown only where all is well', () => {
  const live = new Live();
  live.paused = true;
  expect(live.following).toBe('paused');
  live.polled(fault);
  expect(live.following).toBe('failing');
});
