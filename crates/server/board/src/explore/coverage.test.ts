import { expect, test } from 'vitest';
import { OTHER_KEY } from '../charts/panel';
import { lines, readout } from '../charts/words';
import type { Measured, MeasuredSeries, ViewAnswer, ViewGroup } from '../lib/query';
import { DEFAULTS } from '../lib/url';
import { coverageText, panelOf } from './panel';
import { sentenceOf } from './sentence';
import { partsOf, valueText } from './series';
import type { PanelSpec } from './spec';

const group = (key: string, stats: Measured, series: MeasuredSeries): ViewGroup => ({ keys: [key], stats, series, numbers: {} });

/** Two groups shown, of five: the rest has a call in the first bin and two in the second. */
function answer(totals: Measured, series: MeasuredSeries, ...groups: ViewGroup[]): ViewAnswer {
  return { name: null, range: { from: 0, to: 20, bin_ms: 10 }, bins: [0, 10], totals, series, groups, total: 5, measured: 5 };
}

const cost: PanelSpec = { measure: 'cost_usd', by: ['model'], draw: 'bars' };
const tokens: PanelSpec = { ...cost, measure: 'total_tokens' };
const none = new Set<string>();
const restOf = (spec: PanelSpec, view: ViewAnswer) => partsOf(spec, view, 'coverage').find(({ key }) => key === OTHER_KEY);

const counted = answer(
  { calls: 9, total_tokens: 800, counted_calls: 7 },
  { calls: [5, 4], total_tokens: [400, 400], counted_calls: [4, 3] },
  group('a', { calls: 4, total_tokens: 500, counted_calls: 4 }, { calls: [2, 2], total_tokens: [200, 300], counted_calls: [2, 2] }),
  group('b', { calls: 2, total_tokens: 200, counted_calls: 2 }, { calls: [2, 0], total_tokens: [200, null], counted_calls: [2, 0] }),
);

test('a rest of no tokens with calls whose tokens are unknown is unknown, not 0', () => {
  expect(restOf(tokens, counted)).toMatchObject({ values: [null, 100], counts: [1, 2], lacking: [1, 1], text: '≥ 100' });
  const known = { ...counted, series: { ...counted.series, counted_calls: [5, 4], total_tokens: [400, 400] } };
  expect(restOf(tokens, known)).toMatchObject({ values: [0, 100], lacking: [0, 0], text: '100' });
});

test('bars of tokens state what they leave out', () => {
  const panel = panelOf(tokens, counted, partsOf(tokens, counted, 'coverage'), none);
  expect(panel).toMatchObject({ unknown: [1, 1], total: '≥ 800', lack: 'tokens', keys: [{ label: 'tokens of 2 unknown', colour: null }] });
  expect(readout(panel, 1)).toBe('≥ 400');
  expect(lines(panel, 1)[0]).toMatchObject({ label: 'tokens not known', hatched: true, text: '1 call' });
});

const priced = answer(
  { calls: 9, cost_usd: 0.8, mean_cost_usd: 0.1, unpriced_calls: 2, priced_calls: 7, estimated_calls: 0 },
  { calls: [5, 4], cost_usd: [0.4, 0.4], mean_cost_usd: [0.1, 0.13], unpriced_calls: [1, 1] },
  group('a', { calls: 4, cost_usd: 0.5, unpriced_calls: 0 }, { calls: [2, 2], cost_usd: [0.2, 0.3], mean_cost_usd: [0.1, 0.15], unpriced_calls: [0, 0] }),
  group('b', { calls: 2, cost_usd: 0.2, unpriced_calls: 0 }, { calls: [2, 0], cost_usd: [0.2, null], mean_cost_usd: [0.1, null], unpriced_calls: [0, 0] }),
);

test('the cost of a rest with unpriced calls is the least', () => {
  expect(restOf(cost, priced)?.text).toBe('≥ $0.1000');
});

test('while a group is hidden, the total is of what is shown', () => {
  const parts = partsOf(cost, priced, 'coverage');
  const total = (...hidden: string[]) => panelOf(cost, priced, parts, new Set(hidden)).total;
  expect(total()).toBe('≥ $0.8000');
  expect(total(OTHER_KEY)).toBe('$0.7000');
  expect(total('a')).toBe('≥ $0.3000');
  expect(total('a', 'b', OTHER_KEY)).toBe('nothing shown');
});

test('a mean is no least: what it leaves out is stated without a sign', () => {
  const spec: PanelSpec = { ...cost, measure: 'mean_cost_usd', draw: 'lines' };
  const panel = panelOf(spec, priced, partsOf(spec, priced, 'coverage'), none);
  expect([panel.total, readout(panel, 0), panel.keys[0]?.label]).toEqual(['$0.1000', '$0.1000', '2 unpriced']);
  expect(valueText(spec, { stats: priced.totals, numbers: {} })).toBe('$0.1000');
});

test('tools and agents, which have no price, are not noted as unpriced', () => {
  const spec: PanelSpec = { ...cost, spans: true };
  const panel = panelOf(spec, priced, partsOf(spec, priced, 'coverage'), none);
  expect(panel).toMatchObject({ unknown: [], keys: [], total: '$0.8000' });
  expect(readout(panel, 0)).toBe('$0.4000');
  expect(restOf(spec, priced)).toMatchObject({ values: [null, expect.closeTo(0.1)], text: '$0.1000' });
  expect(coverageText(spec, priced.totals)).toBe('9 calls');
  expect(coverageText({ ...tokens, spans: true }, counted.totals)).toBe('9 calls');
  expect(valueText(spec, { stats: { calls: 2, cost_usd: null, unpriced_calls: 2 }, numbers: {} })).toBe('none known');
  expect(sentenceOf(spec, DEFAULTS)).toContain('Tools and agents have no price');
  expect(sentenceOf(cost, DEFAULTS)).not.toContain('Tools');
  expect(sentenceOf({ ...spec, measure: 'calls' }, DEFAULTS)).not.toContain('Tools');
});
