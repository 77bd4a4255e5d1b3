import { describe, expect, it } from 'vitest';
import { compare, type Sample } from '../lib/compare';
import type { GroupRow } from '../lib/groups';
import { changeWords, costNote, coverage, valueText } from './words';

const sample = (n: number, value: number, deviation: number | null = null): Sample => ({ n, value, deviation });

function words(before: Sample, after: Sample, name: 'latency' | 'errors' | 'cost') {
  const change = compare(before, after, name === 'errors' ? 'share' : 'mean');
  if (change === null) throw new Error('both sides are known');
  return changeWords(change, name);
}

const row = (calls: number, priced: number, estimated = 0) =>
  ({ stats: { calls, priced_calls: priced, estimated_calls: estimated }, spread: { cost_usd: { n: priced } } }) as unknown as GroupRow;

describe('a difference in words', () => {
  it('has a sign, a unit, a ratio and an interval', () => {
    const found = words(sample(100, 1_000, 100), sample(100, 1_500, 100), 'latency');
    expect(found).toEqual({ difference: '+500\u202fms', relative: '+50%', interval: '+472\u202fms to +528\u202fms', notes: [] });
    expect(words(sample(100, 0.002, 0.001), sample(100, 0.001, 0.001), 'cost').difference).toBe('\u2212$0.001');
  });

  it('is in points for a rate', () => {
    expect(words(sample(80, 0.6), sample(70, 0.8), 'errors')).toMatchObject({ difference: '+20 points', interval: '+5.2 to +33.4 points' });
    expect(words(sample(80, 0.6), sample(70, 0.6), 'errors')).toMatchObject({ difference: 'no difference', relative: '' });
  });

  it('has words for what is too little', () => {
    expect(words(sample(3, 10, 1), sample(9, 12, 1), 'latency').notes).toEqual(['few calls']);
    expect(words(sample(1, 10), sample(9, 12, 1), 'latency')).toMatchObject({ interval: '', notes: ['few calls: no interval'] });
    expect(words(sample(9, 10, 0), sample(9, 12, 0), 'latency').notes).toEqual(['no interval: all values alike']);
  });

  it('never makes a zero of what is unknown', () => {
    expect(valueText('cost', null)).toBe('unknown');
    expect(valueText('errors', 0)).toBe('0%');
  });

  it('states of how many calls it is', () => {
    expect(coverage(row(10, 8, 2), 'cost')).toBe('8 of 10 priced, 2 estimated');
    expect(coverage(row(8, 8), 'cost')).toBe('');
    expect(costNote([row(10, 8), row(5, 5)])).toBe('The cost is known of 13 of 15 calls; the others are in no mean of costs.');
    expect(costNote([row(5, 5)])).toBe('The cost is known of all 5 calls.');
  });
});
