import { expect, test } from 'vitest';
import type { Series, Stats, Summary } from '../lib/api';
import { Palette } from '../lib/palette';
import { OTHER_KEY, panels, shares } from './panel';

const series = (calls: number[], cost_usd: (number | null)[]) => ({ calls, cost_usd }) as Series;
const stats = (calls: number) => ({ calls, cost_usd: null, input_tokens: null, output_tokens: null, p50_ms: null }) as Stats;

const summary = {
  range: { from: 0, to: 20, bin_ms: 10 },
  bins: [0, 10],
  totals: stats(6),
  all: { ...series([4, 2], [0.5, null]), input_tokens: [], output_tokens: [], p50_ms: [], p95_ms: [] },
  groups: [
    { key: 'a', stats: stats(3), series: series([2, 1], [0.2, null]) },
    { key: 'b', stats: stats(2), series: series([1, 1], [0.2, null]) },
  ],
  groups_total: 3,
} as unknown as Summary;

test('calls of groups without a colour are drawn as others, none is lost', () => {
  const [a, others] = shares(summary, 'model', Palette.empty.with(['a']));
  expect(a?.label).toBe('a');
  expect(others).toMatchObject({ key: OTHER_KEY, label: '2 other groups', calls: 3 });
  expect(others?.series.calls).toEqual([2, 1]);
  expect(others?.series.cost_usd[0]).toBeCloseTo(0.3);
  expect(others?.series.cost_usd[1]).toBe(0);
});

test('a key keeps its colour when others come and go', () => {
  const first = Palette.empty.with(['a', 'b']);
  const later = first.with(['c', 'b', 'a']);
  expect(later.colour('a')).toBe(first.colour('a'));
  expect(later.colour('b')).toBe(first.colour('b'));
  expect(later.has('c')).toBe(true);
});

test('what is not known is said, not drawn as zero', () => {
  const [calls, cost, tokens, latency] = panels(summary, []);
  expect(calls?.total).toBe('6');
  expect([cost?.total, tokens?.total, latency?.total]).toEqual(['unknown', 'unknown', 'p50 unknown']);
});
