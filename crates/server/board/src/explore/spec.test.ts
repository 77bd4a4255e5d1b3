import { describe, expect, test } from 'vitest';
import { MEASURES, type ViewGroup } from '../lib/query';
import { DEFAULTS } from '../lib/url';
import { aboutMeasure, isWhole, MEASURE_LISTS, numberOf, write } from './measures';
import { drawOf, drawsOf, exploreHref, groupsOf, readSpec, titleOf, valueOf, viewOf, writeSpec, type PanelSpec } from './spec';

const group = (key: string, calls: number, more: Partial<ViewGroup> = {}): ViewGroup => ({
  keys: [key],
  stats: { calls },
  series: null,
  numbers: {},
  ...more,
});

test('a choice lists each measure once', () => {
  expect(MEASURE_LISTS.flatMap(([, measures]) => measures).sort()).toEqual([...MEASURES].sort());
});

test('titles are in words', () => {
  expect(titleOf({ measure: 'p95_ms', by: ['model'], draw: 'lines' })).toBe('p95 latency by model over time');
  expect(titleOf({ measure: 'cost_usd', by: ['model', 'user'], draw: 'ranking' })).toBe('Cost by model and user');
  expect(titleOf({ measure: 'calls', by: ['model'], draw: 'number' })).toBe('Calls');
  expect(titleOf({ title: 'Own', measure: 'calls', by: [], draw: 'bars' })).toBe('Own');
});

describe('what adds up', () => {
  test('alone stands in bars', () => {
    expect(drawsOf('cost_usd')[0]).toBe('bars');
    expect(drawsOf('p95_ms')).not.toContain('bars');
    expect(drawOf({ measure: 'error_rate', draw: 'bars' })).toBe('lines');
    expect(drawOf({ measure: 'number:sum:attr:x', draw: 'bars' })).toBe('ranking');
    expect(drawOf({ measure: 'last_started_at', draw: 'bars' })).toBe('table');
  });
  test('is whole where calls and tokens are', () => {
    expect(isWhole('calls')).toBe(true);
    expect(isWhole('cost_usd')).toBe(false);
    expect(isWhole('mean_output_tokens')).toBe(false);
  });
});

describe('the view of a spec', () => {
  test('has bins for charts over time only', () => {
    expect(viewOf({ measure: 'calls', by: ['model'], draw: 'bars' })).toMatchObject({ bins: 48, group: ['model'], limit: 7, sort: '-calls' });
    expect(viewOf({ measure: 'calls', by: ['model'], draw: 'ranking' })).not.toHaveProperty('bins');
  });
  test('asks for what is unpriced with a cost', () => {
    expect(viewOf({ measure: 'cost_usd', by: [], draw: 'bars' }).measures).toEqual(
      expect.arrayContaining(['calls', 'cost_usd', 'unpriced_calls', 'priced_calls']),
    );
  });
  test('draws lines of percentiles for the groups with the most calls', () => {
    expect(viewOf({ measure: 'p95_ms', by: ['model'], draw: 'lines' }).sort).toBe('-calls');
    expect(viewOf({ measure: 'p95_ms', by: ['model'], draw: 'ranking' }).sort).toBe('-p95_ms');
  });
  test('has no group for one number', () => {
    expect(viewOf({ measure: 'calls', by: ['model'], draw: 'number' })).not.toHaveProperty('group');
  });
  test('asks for more groups than it shows where the server cannot order them', () => {
    const view = viewOf({ measure: 'number:sum:attr:spanloom.prompt_cache.missed_usd', by: ['model'], draw: 'ranking' });
    expect(view).toMatchObject({ limit: 200, sort: '-calls', numbers: ['attr:spanloom.prompt_cache.missed_usd'] });
  });
});

describe('numbers of attributes', () => {
  const spec: PanelSpec = { measure: 'number:sum:attr:x', by: ['model'], draw: 'ranking', limit: 2 };
  const having = (n: number, mean: number | null) => ({ numbers: { 'attr:x': { n, mean, deviation: null } } });
  test('are put in order here, unknown ones last', () => {
    const groups = [group('a', 9, having(0, null)), group('b', 5, having(2, 1)), group('c', 3, having(3, 4))];
    expect(groupsOf(spec, { groups }).map(({ keys }) => keys[0])).toEqual(['c', 'b']);
    expect(groupsOf({ ...spec, sort: 'number', limit: 3 }, { groups }).map(({ keys }) => keys[0])).toEqual(['b', 'c', 'a']);
  });
  test('are unknown where no call has one', () => {
    expect(valueOf(spec, group('a', 9, having(0, null)))).toBeNull();
    expect(valueOf({ ...spec, measure: 'number:mean:attr:x' }, group('a', 9, having(3, 4)))).toBe(4);
    expect(numberOf('number:attr:x')).toEqual({ stat: 'sum', name: 'attr:x' });
  });
  test('have the unit of their name', () => {
    expect(aboutMeasure('number:sum:attr:spanloom.prompt_cache.missed_usd').kind).toBe('money');
    expect(write('number:mean:attr:wait_ms', 1500)).toBe('1.50\u202fs');
    expect(write('number:mean:attr:score', 0.12345)).toBe('0.123');
  });
});

describe('the address', () => {
  const specs: PanelSpec[] = [
    { measure: 'calls', by: ['model'], draw: 'bars' },
    { measure: 'p95_ms', by: [], draw: 'lines' },
    { measure: 'cost_usd', by: ['user', 'attr:params.audience'], draw: 'table', limit: 200, sort: 'key' },
    { measure: 'number:mean:attr:score', by: ['model'], draw: 'ranking', q: 'status:error', spans: true, sort: 'number' },
  ];
  test.each(specs)('keeps %o', (spec) => {
    expect(readSpec(writeSpec(spec))).toEqual(spec);
  });
  test('leaves defaults out', () => {
    expect(Object.values(writeSpec({ measure: 'calls', by: ['model'], draw: 'bars' })).every((value) => value === null)).toBe(true);
  });
  test('reads nonsense as the default', () => {
    expect(readSpec({ measure: 'x', by: 'y', draw: 'z', shown: '-4', order: 'number' })).toEqual({ measure: 'calls', by: ['model'], draw: 'bars' });
  });
  test('leads to the page with the range and the search', () => {
    const name = { entity: 'e', project: 'p', stream: 's' };
    const view = { ...DEFAULTS, range: '1h' as const, q: 'user:u', page: 3 };
    expect(exploreHref(name, view, { measure: 'p50_ms', by: ['op'], draw: 'lines' })).toBe('/e/p/table/s/explore?range=1h&q=user%3Au&measure=p50_ms&by=op');
  });
});
