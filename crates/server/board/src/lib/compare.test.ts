import { describe, expect, it } from 'vitest';
import { compare, inOrder, newcombe, readWhat, student, suggestedProperty, welch, wilson, type Sample } from './compare';
import type { GroupRow } from './groups';

const sample = (n: number, value: number | null, deviation: number | null = null): Sample => ({ n, value, deviation });

describe("Student's t", () => {
  // Printed tables of the 97.5 % quantile.
  it.each([
    [1, 12.7062],
    [2, 4.3027],
    [5, 2.5706],
    [10, 2.2281],
    [30, 2.0423],
    [120, 1.9799],
    [1_000, 1.9623],
    [5_000, 1.9604],
    [1e9, 1.96],
  ])('with a freedom of %d', (freedom, quantile) => {
    expect(student(freedom)).toBeCloseTo(quantile, 3);
  });
});

describe('the interval of two means', () => {
  it('is that of Welch', () => {
    // By hand: the error is sqrt(7.9/15 + 3.8/15) = 0.8832, the freedom 24.94, t = 2.0598.
    const interval = welch(sample(15, 20.8, Math.sqrt(7.9)), sample(15, 23, Math.sqrt(3.8)));
    expect(interval?.[0]).toBeCloseTo(2.2 - 2.0598 * 0.88318, 3);
    expect(interval?.[1]).toBeCloseTo(2.2 + 2.0598 * 0.88318, 3);
  });

  it('is the classic one where numbers and deviations are equal', () => {
    // 2 and 4 against 6 and 8: the error is sqrt(2), the freedom 2.
    const interval = welch(sample(2, 3, Math.SQRT2), sample(2, 7, Math.SQRT2));
    expect(interval?.[0]).toBeCloseTo(4 - 4.30265 * Math.SQRT2, 3);
    expect(interval?.[1]).toBeCloseTo(4 + 4.30265 * Math.SQRT2, 3);
  });

  it('needs two values on each side that are not all alike', () => {
    expect(welch(sample(1, 3), sample(9, 4, 1))).toBeNull();
    expect(welch(sample(9, 3, 0), sample(9, 4, 0))).toBeNull();
    expect(welch(sample(9, 3, 0), sample(9, 4, 1))).not.toBeNull();
  });
});

describe('the interval of two shares', () => {
  // Newcombe 1998, table II, method 10.
  it.each([
    [48, 80, 56, 70, 0.0524, 0.3339],
    [3, 10, 9, 10, 0.1705, 0.809],
    [2, 7, 6, 7, 0.0582, 0.8062],
    [0, 29, 5, 56, -0.0381, 0.1926],
    [0, 20, 0, 10, -0.1611, 0.2775],
    [0, 20, 10, 10, 0.6791, 1],
  ])('%d of %d against %d of %d', (hits, n, next, nextN, low, high) => {
    const interval = newcombe(hits, n, next, nextN);
    expect(interval?.[0]).toBeCloseTo(low, 4);
    expect(interval?.[1]).toBeCloseTo(high, 4);
  });

  it('stays between 0 and 1 for one share', () => {
    expect(wilson(0, 10)[0]).toBe(0);
    expect(wilson(10, 10)[1]).toBe(1);
    expect(wilson(0, 10)[1]).toBeCloseTo(0.2775, 4);
  });
});

describe('a change', () => {
  it('is unknown where a side is', () => {
    expect(compare(sample(0, null), sample(9, 4, 1), 'mean')).toBeNull();
    expect(compare(sample(9, 4, 1), sample(0, null), 'mean')).toBeNull();
  });

  it('goes up or down where the interval leaves 0 out', () => {
    expect(compare(sample(50, 10, 1), sample(50, 12, 1), 'mean')).toMatchObject({ difference: 2, relative: 0.2, mark: 'up', few: false });
    expect(compare(sample(50, 12, 1), sample(50, 10, 1), 'mean')?.mark).toBe('down');
    expect(compare(sample(50, 10, 9), sample(50, 11, 9), 'mean')?.mark).toBe('unclear');
    expect(compare(sample(40, 0.5), sample(40, 0.05), 'share')?.mark).toBe('down');
  });

  it('has a word for few calls and no interval for one', () => {
    expect(compare(sample(4, 10, 1), sample(50, 12, 1), 'mean')).toMatchObject({ few: true, missing: null });
    expect(compare(sample(1, 10), sample(50, 12, 1), 'mean')).toMatchObject({ few: true, missing: 'calls', interval: null, mark: 'none' });
    expect(compare(sample(1, 0), sample(50, 0.1), 'share')).toMatchObject({ missing: 'calls', interval: null });
    expect(compare(sample(9, 10, 0), sample(9, 12, 0), 'mean')).toMatchObject({ missing: 'spread', mark: 'none' });
  });

  it('has no interval of a percentile and no ratio to 0', () => {
    expect(compare(sample(50, 10), sample(50, 12), 'plain')).toMatchObject({ interval: null, missing: null, mark: 'none' });
    expect(compare(sample(50, 0), sample(50, 0.5), 'share')?.relative).toBeNull();
  });

  it('takes no rounding for a difference', () => {
    expect(compare(sample(9, 0.3), sample(9, 0.1 + 0.2), 'plain')?.difference).toBe(0);
  });
});

describe('what is compared', () => {
  const path = (name: string, values = 2) => ({ path: name, values });

  it('is what looks most like a version', () => {
    expect(suggestedProperty([path('params.audience'), path('version'), path('otel.service.version')])).toBe('attr:otel.service.version');
    expect(suggestedProperty([path('otel.scope.version'), path('git.sha')])).toBe('attr:git.sha');
    expect(suggestedProperty([path('prompt_template'), path('system_prompt')])).toBe('attr:prompt_template');
    expect(suggestedProperty([path('deployment.environment'), path('digits')])).toBe('model');
  });

  it('has more than one value', () => {
    expect(suggestedProperty([path('service.version', 1), path('commit')])).toBe('attr:commit');
    expect(suggestedProperty([])).toBe('model');
  });

  it('stands in the address', () => {
    expect(readWhat('ranges')).toEqual({ mode: 'ranges' });
    expect(readWhat('attr:git.sha')).toEqual({ mode: 'property', property: 'attr:git.sha' });
    expect(readWhat('nonsense')).toEqual({ mode: 'property', property: null });
    expect(readWhat(null)).toEqual({ mode: 'property', property: null });
  });

  it('is in the order of first calls, those without the property last', () => {
    const row = (key: string, at: number) => ({ keys: [key], stats: { first_started_at: at } }) as unknown as GroupRow;
    expect(inOrder([row('b', 2), row('', 0), row('c', 3), row('a', 1)]).map(({ keys }) => keys[0])).toEqual(['a', 'b', 'c', '']);
  });
});
