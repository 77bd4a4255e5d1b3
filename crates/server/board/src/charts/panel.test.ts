import { expect, test } from 'vitest';
import type { Series, Stats, Summary } from '../lib/api';
import { Palette } from '../lib/palette';
import { OTHER_KEY, shares } from './panel';
import { panels } from './panels';
import { cell, lines, readout } from './words';

const series = (calls: number[], cost_usd: (number | null)[], unpriced = calls.map(() => 0)) =>
  ({ calls, cost_usd, unpriced }) as Series;
const stats = (calls: number) => ({ calls, cost_usd: null, input_tokens: null, output_tokens: null, p50_ms: null }) as Stats;

const summary = {
  range: { from: 0, to: 20, bin_ms: 10 },
  bins: [0, 10],
  totals: stats(6),
  all: { ...series([4, 2], [0.5, null], [1, 2]), errors: [0, 1], input_tokens: [], output_tokens: [], p50_ms: [], p95_ms: [] },
  groups: [
    { key: 'a', stats: stats(3), series: series([2, 1], [0.2, null], [0, 1]) },
    { key: 'b', stats: stats(2), series: series([1, 1], [0.2, null], [1, 1]) },
  ],
  groups_total: 3,
} as unknown as Summary;

test('calls of groups without a colour are drawn as others, none is lost', () => {
  const [a, others] = shares(summary, 'model', Palette.empty.with(['a']));
  expect(a?.label).toBe('a');
  expect(others).toMatchObject({ key: OTHER_KEY, label: '2 other groups', calls: 3 });
  expect(others?.series.calls).toEqual([2, 1]);
  expect(others?.series.cost_usd[0]).toBeCloseTo(0.3);
  expect(others?.series.cost_usd[1]).toBeNull();
});

test('others without any price have no cost', () => {
  const all = { ...summary.all, cost_usd: [0.2, 0.1], unpriced: [2, 0] };
  const [, others] = shares({ ...summary, all }, 'model', Palette.empty.with(['a']));
  expect(others?.series.calls).toEqual([2, 1]);
  expect(others?.series.cost_usd).toEqual([null, 0.1]);
});

test('what is not known is named, not drawn as zero', () => {
  const [calls, cost, tokens, latency] = panels(summary, []);
  expect(calls?.total).toBe('6');
  expect([cost?.total, tokens?.total, latency?.total]).toEqual(['unknown', 'unknown', 'p50 unknown']);
});

test('where there are no calls nothing is unknown', () => {
  const empty = panels({ ...summary, totals: stats(0), all: { ...summary.all, calls: [0, 0] } }, []);
  expect(empty.map(({ total }) => total)).toEqual(['0', ...Array<string>(5).fill('no calls')]);
  expect(empty.map(({ known }) => known)).toEqual(Array(6).fill(false));
});

test('what has no number has no axis', () => {
  expect(panels(summary, []).map(({ known }) => known)).toEqual([true, false, false, false, false, true]);
});

test('calls without a price are a part of their own, in the bar and in words', () => {
  const [, cost] = panels({ ...summary, totals: { ...summary.totals, cost_usd: 0.5, priced_calls: 3 } }, shares(summary, 'model', Palette.empty.with(['a', 'b'])));
  if (cost === undefined) throw new Error('there is a cost chart');
  expect(cost.unknown).toEqual([1, 2]);
  expect(cost.keys).toMatchObject([{ label: '3 unpriced', colour: null }]);
  expect(cost.total).toBe('≥ $0.5000');
  expect([readout(cost, 0), readout(cost, 1)]).toEqual(['≥ $0.5000', 'unknown']);
  // No call is no unknown cost.
  const [a] = cost.columns;
  if (a === undefined) throw new Error('there is a group');
  expect([cell(cost, a, 0), cell(cost, a, 1), cell(cost, { ...a, calls: [2, 0] }, 1)]).toEqual(['$0.2000', 'unknown', '–']);
  expect(lines(cost, 1)).toMatchObject([{ hatched: true, text: '2 calls' }]);
});

test('latency shows that failed calls are in it', () => {
  const [calls, , , latency] = panels(summary, shares(summary, 'model', Palette.empty.with(['a', 'b'])));
  for (const panel of [calls, latency]) {
    if (panel === undefined) throw new Error('there are six charts');
    expect(lines(panel, 0).some(({ label }) => label.startsWith('failed'))).toBe(false);
    expect(lines(panel, 1).at(-1)?.text).toBe('1 of 2');
  }
  expect(lines(panels(summary, [])[0]!, 1)).toEqual([]);
});

test('errors and cancelled calls stand on each other', () => {
  const errors = panels({ ...summary, all: { ...summary.all, cancelled: [2, 0] } }, []).at(-1);
  expect(errors).toMatchObject({ id: 'errors', total: '3', columns: [{ key: 'error' }, { key: 'cancelled' }] });
});

test('a time without streamed calls is no unknown first chunk', () => {
  const chunk = { ...summary, all: { ...summary.all, ttfc_p50_ms: [120, null], ttfc_p95_ms: [300, null] }, totals: { ...summary.totals, ttfc_p50_ms: 120 } };
  const first = panels(chunk, [])[4];
  if (first === undefined) throw new Error('there is a panel of first chunks');
  expect(first.known).toBe(true);
  expect([readout(first, 0), readout(first, 1)]).toEqual(['p50 120\u202fms', 'no streamed calls']);
});
