import { describe, expect, it } from 'vitest';
import {
  barOf,
  costOf,
  isOpen,
  kindOf,
  nodesOf,
  rowsInView,
  scaleOf,
  shownNodes,
  spanName,
  tokensOf,
  traceTotals,
  type Span,
  type SpanBelow,
} from './trace';

const span = (id: string, depth: number, other: Partial<Span> = {}): Span => ({
  id,
  parent_id: null,
  depth,
  op_name: id,
  display_name: null,
  operation: null,
  provider: null,
  model: null,
  status: 'success',
  outcome: null,
  exception: null,
  started_at: 1_000,
  latency_ms: 100,
  ttfc_ms: null,
  attempts: null,
  input_tokens: null,
  output_tokens: null,
  total_tokens: null,
  cost_usd: null,
  stream: 's',
  below: null,
  ...other,
});

const below = (other: Partial<SpanBelow>): SpanBelow => ({
  calls: 2,
  errors: 0,
  input_tokens: null,
  output_tokens: null,
  total_tokens: null,
  cost_usd: null,
  priced_calls: 0,
  ...other,
});

describe('a span', () => {
  it('is of the kind its name shows', () => {
    const kind = (op_name: string, operation: string | null = null) => kindOf({ op_name, operation });
    expect(kind('execute_tool forecast')).toBe('tool');
    expect(kind('invoke_agent planner')).toBe('agent');
    expect(kind('chat gpt-4o', 'chat')).toBe('model');
    expect(kind('embeddings text-3', 'embeddings')).toBe('vectors');
    expect(kind('openai.chat.completions.create', 'chat')).toBe('model');
    expect(kind('GET /weather')).toBe('other');
    expect(kind('constructor x')).toBe('other');
    expect(kind('')).toBe('other');
  });

  it('is named without the verb that its icon shows', () => {
    const name = (op_name: string, other: Partial<Span> = {}) => spanName(span('x', 0, { op_name, ...other }));
    expect(name('execute_tool forecast')).toBe('forecast');
    expect(name('execute_tool')).toBe('execute_tool');
    expect(name('chat gpt-4o', { model: 'gpt-4o-2024-08-06' })).toBe('gpt-4o-2024-08-06');
    expect(name('chat gpt-4o')).toBe('gpt-4o');
    expect(name('GET /weather')).toBe('GET /weather');
    expect(name('chat gpt-4o', { display_name: 'Summarise' })).toBe('Summarise');
  });

  it('shows what is below it as a sum, and a sum that is not whole as such', () => {
    const outer = span('a', 0, { total_tokens: 5, below: below({ total_tokens: 30, cost_usd: 0.2, priced_calls: 1 }) });
    expect(tokensOf(outer)).toEqual({ value: 30, sum: true, partial: false });
    expect(costOf(outer)).toEqual({ value: 0.2, sum: true, partial: true });
    expect(tokensOf(span('b', 0, { total_tokens: 5 }))).toEqual({ value: 5, sum: false, partial: false });
    expect(costOf(span('c', 0, { cost_usd: 1, below: below({ calls: 0 }) }))).toEqual({ value: 1, sum: false, partial: false });
    expect(costOf(span('d', 0, { below: below({}) }))).toEqual({ value: null, sum: false, partial: false });
  });
});

describe('the tree', () => {
  const nodes = nodesOf([span('a', 0), span('b', 1), span('c', 2), span('d', 1), span('e', 0), span('f', 3)]);
  const ids = (folded: string[], search = '') => shownNodes(nodes, new Set(folded), search).map(({ span: { id } }) => id).join('');

  it('knows parents, ends and siblings', () => {
    expect(nodes.map(({ parent }) => parent)).toEqual([null, 0, 1, 0, null, 4]);
    expect(nodes.map(({ end }) => end)).toEqual([4, 3, 3, 4, 6, 6]);
    expect(nodes.map(({ place, siblings }) => `${place}/${siblings}`)).toEqual(['1/2', '1/2', '1/1', '2/2', '2/2', '1/1']);
  });

  it('hides what is folded', () => {
    expect(ids([])).toBe('abcdef');
    expect(ids(['b'])).toBe('abdef');
    expect(ids(['a', 'b'])).toBe('aef');
    expect(ids(['c'])).toBe('abcdef');
  });

  it('shows what is searched and the way there, folded or not', () => {
    expect(ids(['a'], ' C ')).toBe('abc');
    expect(ids([], 'x')).toBe('');
  });

  it('takes ten thousand spans, and as many levels', () => {
    const deep = nodesOf(Array.from({ length: 10_000 }, (_, at) => span(String(at), at)));
    expect(shownNodes(deep, new Set(['5000']), '')).toHaveLength(5_001);
    expect(shownNodes(deep, new Set(), '9999')).toHaveLength(10_000);
  });
});

describe('the time scale', () => {
  it('spans all, with round ticks', () => {
    const scale = scaleOf([span('a', 0, { latency_ms: 950 }), span('b', 1, { started_at: 1_200, latency_ms: 50 })], 9_000);
    expect(scale).toEqual({ from: 1_000, to: 1_950, ticks: [0, 200, 400, 600, 800] });
    expect(barOf(span('b', 1, { started_at: 1_475, latency_ms: 190, ttfc_ms: 95 }), scale)).toEqual({ left: 50, width: 20, wait: 50 });
  });

  it('lets what runs reach until now', () => {
    const running = span('a', 0, { latency_ms: null, status: 'running' });
    const scale = scaleOf([running], 3_000);
    expect(scale.to).toBe(3_000);
    expect(barOf(running, scale)).toEqual({ left: 0, width: 100, wait: null });
  });

  it('has a length though nothing took time', () => {
    const scale = scaleOf([span('a', 0, { latency_ms: 0 })], 0);
    expect(scale.to).toBeGreaterThan(scale.from);
    expect(scaleOf([], 5).ticks).toEqual([0]);
    expect(scaleOf([span('a', 0, { latency_ms: 90 * 86_400_000 })], 0).ticks.length).toBeLessThan(8);
  });
});

it('sums a trace over its outermost spans', () => {
  const spans = [
    span('invoke_agent a', 0, { below: below({ calls: 2, total_tokens: 30, cost_usd: 0.3, priced_calls: 2 }) }),
    span('chat m', 1, { operation: 'chat', total_tokens: 10, cost_usd: 0.1 }),
    span('execute_tool t', 1, { status: 'error' }),
    span('chat m', 1, { operation: 'chat', total_tokens: 20, cost_usd: 0.2 }),
    span('chat n', 0, { operation: 'chat', total_tokens: 5 }),
  ];
  const { cost, ...totals } = traceTotals(spans);
  expect(totals).toEqual({ models: 3, tools: 1, errors: 1, tokens: 35, running: false });
  expect(cost).toEqual({ value: 0.3, sum: true, partial: true });
  expect(traceTotals([]).cost.value).toBeNull();
});

it('draws the rows in view, and some around', () => {
  expect(rowsInView(0, 800, 32, 10_000)).toEqual([0, 37]);
  expect(rowsInView(160_000, 800, 32, 10_000)).toEqual([4_988, 5_037]);
  expect(rowsInView(999_999, 800, 32, 3)).toEqual([3, 3]);
  expect(rowsInView(0, 800, 32, 3)).toEqual([0, 3]);
});

it('asks again only of a trace that may grow', () => {
  expect(isOpen([span('a', 0)], 2_000)).toBe(true);
  expect(isOpen([span('a', 0)], 2_000_000)).toBe(false);
  expect(isOpen([span('a', 0, { status: 'running', latency_ms: null })], 2_000_000)).toBe(true);
});
