import { describe, expect, it } from 'vitest';
import type { GroupRow } from './groups';
import { boundsOf, buildPivot, drawn, pooled, propertiesOf, readMeasure, readProperty, shade, show, suggested } from './pivot';

function group(keys: string[], calls: number, mean: number | null, deviation: number | null = null, errors = 0): GroupRow {
  const latency = { n: mean === null ? 0 : calls, mean, deviation };
  return {
    keys,
    stats: { calls, errors } as GroupRow['stats'],
    spread: { latency_ms: latency, ttfc_ms: latency, cost_usd: latency, output_tokens: latency, total_tokens: latency },
  };
}

const answer = {
  pairs: [
    group(['flowery', 'genius'], 2, 800),
    group(['flowery', 'student'], 2, 900),
    group(['direct', 'genius'], 6, 300),
    group(['', ''], 9, 100),
  ],
  rows: [group([''], 9, 100), group(['direct'], 6, 300), group(['flowery'], 4, 850)],
  columns: [group([''], 9, 100), group(['genius'], 8, 425), group(['student'], 2, 900)],
  whole: true,
  pairsTotal: 0,
};

const keys = (lines: { key: string }[]) => lines.map(({ key }) => key);

describe('a pivot', () => {
  it('has a cell where there are calls, and none where there are not', () => {
    const pivot = buildPivot(answer, 'latency', '-calls', '-calls');
    expect(pivot.cell('flowery', 'student')).toEqual({ n: 2, mean: 900, deviation: null });
    expect(pivot.cell('direct', 'student')).toBeNull();
    expect(pivot.total?.n).toBe(19);
  });

  it('sorts rows and columns, and has calls without the property last', () => {
    const rows = (order: string) => keys(buildPivot(answer, 'latency', order, '-calls').rows);
    expect(rows('-calls')).toEqual(['direct', 'flowery', '']);
    expect(rows('-total')).toEqual(['flowery', 'direct', '']);
    expect(rows('key')).toEqual(['direct', 'flowery', '']);
    expect(rows('-key')).toEqual(['flowery', 'direct', '']);
    expect(rows('at:genius')).toEqual(['direct', 'flowery', '']);
    // Without a value in either direction it comes after those that have one.
    expect(rows('at:student')).toEqual(['flowery', 'direct', '']);
    expect(rows('-at:student')).toEqual(['flowery', 'direct', '']);
    expect(keys(buildPivot(answer, 'latency', '-calls', '-at:flowery').columns)).toEqual(['student', 'genius', '']);
  });

  it('knows no total when there are more rows than it has', () => {
    expect(buildPivot({ ...answer, whole: false }, 'latency', 'key', 'key').total).toBeNull();
  });

  it('adds counts up, and has a rate of all', () => {
    const rows = [group(['a'], 4, null, null, 1), group(['b'], 16, null, null, 4)];
    const of = { pairs: [], rows, columns: [], whole: true, pairsTotal: 0 };
    expect(buildPivot(of, 'calls', 'key', 'key').total?.mean).toBe(20);
    expect(buildPivot(of, 'errors', 'key', 'key').total?.mean).toBe(0.25);
  });

  it('pools means and deviations as if the values were together', () => {
    // 1, 3 and 5, 7, 9.
    const parts = [
      { n: 2, mean: 2, deviation: Math.sqrt(2) },
      { n: 3, mean: 7, deviation: 2 },
      { n: 0, mean: null, deviation: null },
    ];
    expect(pooled(parts, 'latency')).toEqual({ n: 5, mean: 5, deviation: Math.sqrt(10) });
    expect(pooled([], 'latency')).toBeNull();
  });
});

describe('a cell', () => {
  it('has the mean, the deviation, the number and a word when that is small', () => {
    expect(show({ n: 12, mean: 850, deviation: 30 }, 'latency', 2)).toEqual({ text: '850\u202fms', deviation: '± 30\u202fms', note: 'n 12', few: false });
    expect(show({ n: 4, mean: 850, deviation: null }, 'latency', 2).few).toBe(true);
    expect(show({ n: 1, mean: 1, deviation: null }, 'calls', 2)).toEqual({ text: '1', deviation: '', note: '', few: false });
    expect(show({ n: 0, mean: null, deviation: null }, 'cost', 2).text).toBe('unknown');
    expect(show({ n: 9, mean: 0.00008612, deviation: 0.0000001 }, 'cost', 6)).toMatchObject({ text: '$0.000086', deviation: '± <$0.000001' });
    expect(show({ n: 20, mean: 0.25, deviation: null }, 'errors', 2).text).toBe('25%');
  });

  it('is drawn as far as a browser keeps up', () => {
    expect(drawn(1_000, 1_000, false)).toEqual({ rows: 100, columns: 20 });
    expect(drawn(1_000, 1_000, true)).toEqual({ rows: 100, columns: 50 });
    expect(drawn(2_000, 2, true)).toEqual({ rows: 2_000, columns: 2 });
    expect(drawn(0, 0, true)).toEqual({ rows: 0, columns: 0 });
  });

  it('is of two properties', () => {
    expect(propertiesOf({ rows: 'model', columns: 'model' }, [])).toEqual({ rows: 'model', columns: 'status' });
    expect(propertiesOf({ rows: 'status', columns: null }, [])).toEqual({ rows: 'status', columns: 'model' });
    expect(propertiesOf({ columns: 'model' }, [])).toEqual({ rows: 'status', columns: 'model' });
    expect(propertiesOf({ rows: 'user', columns: 'op' }, [])).toEqual({ rows: 'user', columns: 'op' });
  });

  it('is shaded between the least and the most', () => {
    expect([10, 20, 30, null].map((value) => shade(value, boundsOf([10, 20, 30, null])))).toEqual([0, 0.5, 1, 0]);
    expect(shade(5, boundsOf([5, 5]))).toBe(0);
  });
});

describe('what is shown at first', () => {
  it("is the seed's experiment", () => {
    const attributes = [
      { path: 'feature', values: 1 },
      { path: 'otel.team', values: 9 },
      { path: 'params.audience', values: 2 },
      { path: 'params.equation', values: 3 },
      { path: 'request_id', values: 4_000 },
      { path: 'system_prompt', values: 4 },
    ];
    expect(suggested(attributes)).toEqual({ rows: 'attr:system_prompt', columns: 'attr:params.audience' });
    const spans = ['otel.tenant', 'otel.params.prompt', 'otel.params.audience'].map((path, at) => ({ path, values: 2 + at }));
    expect(suggested(spans)).toEqual({ rows: 'attr:otel.params.audience', columns: 'attr:otel.params.prompt' });
    expect(suggested([])).toEqual({ rows: 'model', columns: 'status' });
    expect(suggested(attributes.slice(2, 3))).toEqual({ rows: 'attr:params.audience', columns: 'model' });
  });

  it('has properties and a measure that there are', () => {
    expect([readProperty('user'), readProperty('attr:a'), readProperty('what'), readProperty(undefined)]).toEqual(['user', 'attr:a', null, null]);
    expect([readMeasure('cost'), readMeasure('toString'), readMeasure(null)]).toEqual(['cost', 'latency', 'latency']);
  });
});
