import { expect, it } from 'vitest';
import type { CallAnswer } from '../lib/api';
import { phases } from './timing';

const of = (row: object, otel: object = {}) =>
  phases({ row: { latency_ms: 1000, ttfc_ms: null, attempts: 1, ...row }, call: { attributes: { otel } } } as unknown as CallAnswer).map(
    ({ name, ms }) => `${name} ${ms}`,
  );

it('the phases of a call add up to its latency', () => {
  const queued = { 'gen_ai.latency.time_in_queue': 0.1 };
  expect(of({ ttfc_ms: 300 })).toEqual(['waiting 300', 'streaming 700']);
  expect(of({ ttfc_ms: 300 }, queued)).toEqual(['queue 100', 'waiting 200', 'streaming 700']);
  expect(of({}, queued)).toEqual(['queue 100', 'answer 900']);
  expect(of({ attempts: 2 })).toEqual(['answer 1000']);
  expect(of({ ttfc_ms: 5000 }, { 'gen_ai.latency.time_in_queue': 99 })).toEqual(['queue 1000', 'waiting 0', 'streaming 0']);
});

it('there are none where nothing of them is known', () => {
  expect(of({})).toEqual([]);
  expect(of({ latency_ms: null, ttfc_ms: 3 })).toEqual([]);
  expect(of({}, { 'gen_ai.latency.time_in_queue': 'x' })).toEqual([]);
});
