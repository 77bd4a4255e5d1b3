import { expect, test } from 'vitest';
import { OTHER_KEY } from '../charts/panel';
import { readout } from '../charts/words';
import type { ViewAnswer, ViewGroup } from '../lib/query';
import { coverageText, panelOf } from './panel';
import { keyOf, paletteOf, partsOf } from './series';
import { viewOf, type PanelSpec } from './spec';
import { cellsOf } from './table';

const group = (key: string, calls: number[], cost_usd: (number | null)[], unpriced_calls: number[]): ViewGroup => ({
  keys: [key],
  stats: { calls: calls.reduce((sum, n) => sum + n, 0), cost_usd: cost_usd.reduce((sum, n) => (sum ?? 0) + (n ?? 0), 0), unpriced_calls: unpriced_calls.reduce((sum, n) => sum + n, 0) },
  series: { calls, cost_usd, unpriced_calls, p95_ms: calls.map((n) => (n === 0 ? null : 100 * n)) },
  numbers: {},
});

const view: ViewAnswer = {
  name: null,
  range: { from: 0, to: 20, bin_ms: 10 },
  bins: [0, 10],
  totals: { calls: 9, cost_usd: 0.8, unpriced_calls: 3, priced_calls: 6, estimated_calls: 2, p95_ms: 400 },
  series: { calls: [5, 4], errors: [1, 0], cost_usd: [0.5, 0.3], unpriced_calls: [1, 2], p95_ms: [300, 400] },
  groups: [group('a', [2, 1], [0.2, 0.2], [0, 0]), group('b', [2, 0], [0.2, null], [0, 0])],
  total: 5,
  measured: 5,
};

const cost: PanelSpec = { measure: 'cost_usd', by: ['model'], draw: 'bars' };
const none = new Set<string>();

test('bars lose no call: what has no colour is the rest', () => {
  const parts = partsOf({ ...cost, measure: 'calls' }, view, 'x');
  expect(parts.map(({ key }) => key)).toEqual(['a', 'b', OTHER_KEY]);
  expect(parts[2]).toMatchObject({ label: '3 other groups', values: [1, 3], keys: null });
});

test('unpriced calls are hatched, and a cost with some of them is the least', () => {
  const panel = panelOf(cost, view, partsOf(cost, view, 'x'), none);
  expect(panel.unknown).toEqual([1, 2]);
  expect(panel.total).toBe('≥ $0.8000');
  expect(panel.title).toBe('Cost by model per 10\u202fms');
  expect(panel.keys[0]?.label).toBe('3 unpriced');
});

test('the rest is unknown where none of its calls has a price', () => {
  expect(partsOf(cost, view, 'x')[2]?.values[0]).toBeNull();
});

test('lines have gaps, no rest, and the value of all calls', () => {
  const spec: PanelSpec = { measure: 'p95_ms', by: ['model'], draw: 'bars' };
  const parts = partsOf(spec, view, 'x');
  expect(parts.map(({ values }) => values)).toEqual([[200, 100], [200, null]]);
  const panel = panelOf(spec, view, parts, none);
  expect(panel).toMatchObject({ draw: 'lines', overall: [300, 400], title: 'p95 latency by model over time' });
  // One line hidden: the number of all stays, and is marked as such.
  const less = panelOf(spec, view, parts, new Set(['a']));
  expect([less.total, readout(less, 0), readout(less, 1)]).toEqual(['400\u202fms of all', '300\u202fms of all', '400\u202fms of all']);
});

test('without a property there is one column', () => {
  const parts = partsOf({ ...cost, by: [] }, view, 'x');
  expect(parts).toMatchObject([{ key: 'all', keys: null, values: [0.5, 0.3] }]);
});

test('an answer without series is drawn as nothing', () => {
  const bare = { ...view, series: null, groups: [], bins: null, range: null };
  expect(partsOf(cost, bare, 'x')).toEqual([]);
  expect(panelOf(cost, bare, [], none).known).toBe(false);
});

test('colours stay through panels, and all groups of one panel have some', () => {
  const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const first = paletteOf('y', ['a', 'b']);
  expect(paletteOf('y', ['b', 'c']).colour('b')).toBe(first.colour('b'));
  paletteOf('y', keys);
  const own = paletteOf('y', ['h', 'i']);
  expect(own.has('h') && own.has('i')).toBe(true);
});

test('keys of pairs cannot be taken for others', () => {
  expect(keyOf(['a'])).toBe('a');
  expect(keyOf(['a', 'b c'])).not.toBe(keyOf(['a b', 'c']));
});

test('coverage names what is left out and what is estimated', () => {
  expect(coverageText(cost, view.totals)).toBe('9 calls · 3 unpriced · 2 estimated');
  expect(coverageText({ ...cost, measure: 'errors' }, view.totals)).toBe('9 calls');
  expect(coverageText({ ...cost, measure: 'total_tokens' }, { calls: 9, counted_calls: 7 })).toBe('9 calls · tokens of 2 unknown');
});

test('a number of calls stands only under what is of these calls', () => {
  const latency: PanelSpec = { ...cost, measure: 'p95_ms' };
  expect(viewOf(latency).measures).toContain('running');
  expect(coverageText(latency, { calls: 9, running: 0 })).toBe('9 calls');
  expect(coverageText(latency, { calls: 9, running: 2 })).toBe('9 calls · 2 running');
  expect(coverageText(latency, { calls: 9 })).toBe('');
  expect(coverageText({ ...cost, measure: 'ttfc_p50_ms' }, { calls: 9, running: 0 })).toBe('');
  expect(coverageText({ ...cost, measure: 'cached_share' }, { calls: 9, counted_calls: 9 })).toBe('');
  expect(coverageText({ ...cost, measure: 'output_tokens' }, { calls: 9, counted_calls: 7 })).toBe('tokens of 2 unknown');
});

test('a table has the calls in a column of their own, and notes without them', () => {
  const cells = cellsOf(cost, { stats: view.totals, numbers: {} });
  expect(cells.map(({ text, note }) => [text, note])).toEqual([['9', ''], ['≥ $0.8000', '3 unpriced · 2 estimated']]);
});
