import { expect, test } from 'vitest';
import type { Series } from '../lib/api';
import { rate, throughput } from './throughput';

const MINUTE = 60_000;
const of = (calls: number[], bin_ms: number) => ({
  bins: calls.map((_, n) => n * bin_ms),
  range: { from: 0, to: calls.length * bin_ms, bin_ms },
  all: { calls } as Series,
});

test('the last bin that is over counts, the one that still fills does not', () => {
  const five = of([10, 40, 5, 1], 5 * MINUTE);
  expect(throughput(five, 17 * MINUTE)).toEqual({ last: 1, peak: 8, isNow: true, from: 10 * MINUTE, length: 5 * MINUTE });
  expect(throughput(five, 60 * MINUTE)).toMatchObject({ last: 0.2, isNow: false });
  // A range that ends inside the last bin cuts it.
  expect(throughput(five, 60 * MINUTE, 19 * MINUTE)).toMatchObject({ last: 1 });
  expect(throughput(five, 60 * MINUTE, 20 * MINUTE)).toMatchObject({ last: 0.2 });
});

test('short bins make a minute together', () => {
  const short = of([0, 9, 0, 0, 3, 0, 1], 20_000);
  expect(throughput(short, 7 * 20_000)).toMatchObject({ last: 4, peak: 9, length: MINUTE });
  expect(throughput(of([4, 4], 20_000), MINUTE)).toBeNull();
  expect(throughput(of([], 0), MINUTE)).toBeNull();
});

test('a rate has the digits that it needs', () => {
  expect([0, 0.001, 0.1666, 3.46, 41.7, 12_345].map(rate)).toEqual(['0', '<0.01', '0.17', '3.5', '42', '12.3\u202fk']);
});
