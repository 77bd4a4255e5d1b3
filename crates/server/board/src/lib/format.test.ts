import { describe, expect, it } from 'vitest';
import * as format from './format';

describe('costs', () => {
  it('show four digits of small ones, and unknown as a word', () => {
    expect(format.cost(0.00012346)).toBe('$0.0001235');
    expect(format.cost(0.00000008)).toBe('$0.00000008');
    expect(format.cost(1.5)).toBe('$1.50');
    expect(format.cost(0)).toBe('$0');
    expect(format.cost(null)).toBe('unknown');
  });

  it('line up in a column without claiming zero', () => {
    const decimals = format.costDecimals([0.000018, 0.0001, null]);
    expect(format.costFixed(0.000018, decimals)).toBe('$0.000018');
    expect(format.costFixed(0.00000008, decimals)).toBe('<$0.000001');
  });
});

describe('sizes', () => {
  it('have three digits and the unit of a disk', () => {
    expect(format.bytes(512)).toBe('512\u202fB');
    expect(format.bytes(1_288_490_189)).toBe('1.2\u202fGiB');
    expect(format.bytes(20 * 2 ** 30)).toBe('20\u202fGiB');
    expect(format.bytes(1_023 * 2 ** 20)).toBe('1020\u202fMiB');
  });
});

describe('counts and durations', () => {
  it('are exact while they are small', () => {
    expect(format.compact(9_999)).toBe('9,999');
    expect(format.compact(12_345)).toBe('12.3\u202fk');
    expect(format.compact(999_950)).toBe('1\u202fM');
    expect(format.compact(null)).toBe('unknown');
  });

  it('end at a cap, never in powers of ten', () => {
    expect(format.compact(999.6e9)).toBe('1\u202fT');
    expect(format.compact(2e12)).toBe('2\u202fT');
    expect(format.compact(1e15)).toBe('>999\u202fT');
    expect(format.compact(9e300)).toBe('>999\u202fT');
    expect(format.compact(-9e300)).toBe('<\u2212999\u202fT');
    expect(format.duration(1e15)).toBe('>9,999\u202fd');
    for (let power = 0; power < 300; power += 1) expect(format.compact(9.9996 * 10 ** power)).not.toContain('e');
  });

  it('change unit where people do', () => {
    expect(format.duration(842)).toBe('842\u202fms');
    expect(format.duration(1_240)).toBe('1.24\u202fs');
    expect(format.duration(999.6)).toBe('1.00\u202fs');
    expect(format.duration(null)).toBe('unknown');
  });

  it('never divide by nothing', () => {
    expect(format.percent(0, 0)).toBe('unknown');
    expect(format.percent(1, 23)).toBe('4.3%');
    expect(format.percent(1, 10_000)).toBe('<0.1%');
  });
});

describe('times', () => {
  const at = (year: number, month: number, ...rest: number[]) => new Date(year, month, ...rest).getTime();

  it('show the year where a span crosses one', () => {
    expect(format.span(at(2026, 0, 3, 9), at(2026, 0, 4, 10))).toBe('3 Jan 09:00 – 4 Jan 10:00');
    expect(format.span(at(2025, 11, 31, 23), at(2026, 0, 1, 1))).toBe('31 Dec 2025 23:00 – 1 Jan 2026 01:00');
    // The same day of two years is not one day.
    expect(format.span(at(2025, 0, 1, 9), at(2026, 0, 1, 9))).toBe('1 Jan 2025 09:00 – 1 Jan 2026 09:00');
  });

  it('show milliseconds where a span is too short for seconds', () => {
    expect(format.span(at(2026, 0, 3, 9, 0, 1, 20), at(2026, 0, 3, 9, 0, 1, 220))).toBe('3 Jan 09:00:01.020 – 09:00:01.220');
  });

  it('name their zone', () => {
    expect([0, -60, 210, -330].map(format.zone)).toEqual(['UTC', 'UTC+1', 'UTC\u22123:30', 'UTC+5:30']);
  });
});
