import { expect, test } from 'vitest';
import { edgesOf, fillingBin, labelSpace, timeLabels, wholeBins } from './times';

const at = (year: number, month: number, ...rest: number[]) => new Date(year, month, ...rest).getTime();

test('labels below a second have the digits that set them apart', () => {
  const start = at(2026, 0, 3, 7, 35, 48);
  const edges = { from: start, to: start + 1_000, bin: 25 };
  expect(timeLabels([start, start + 200], edges)).toEqual(['07:35:48.0', '07:35:48.2']);
  expect(timeLabels([start, start + 20], edges)).toEqual(['07:35:48.00', '07:35:48.02']);
  expect(timeLabels([start, start + 2], edges)).toEqual(['07:35:48.000', '07:35:48.002']);
  expect(timeLabels([start, start + 60_000], edges)).toEqual(['07:35', '07:36']);
});

test('a range over years shows them', () => {
  const times = [2015, 2020, 2026].map((year) => at(year, 0, 1));
  const edges = { from: times[0] ?? 0, to: times[2] ?? 0, bin: 1 };
  expect(timeLabels(times, edges)).toEqual(['1 Jan 2015', '1 Jan 2020', '1 Jan 2026']);
});

test('a range within a year does not', () => {
  const times = [at(2026, 2, 1), at(2026, 2, 4)];
  expect(timeLabels(times, { from: times[0] ?? 0, to: times[1] ?? 0, bin: 1 })).toEqual(['1 Mar', '4 Mar']);
});

test('the year is shown again where it turns, and only there', () => {
  const times = [at(2025, 11, 30), at(2025, 11, 31), at(2026, 0, 1), at(2026, 0, 2)];
  const edges = { from: at(2025, 11, 29), to: at(2026, 0, 3), bin: 1 };
  expect(timeLabels(times, edges)).toEqual(['30 Dec 2025', '31 Dec', '1 Jan 2026', '2 Jan']);
});

test('midnight of a new year shows the day with its year', () => {
  const times = [at(2025, 11, 31, 23), at(2026, 0, 1, 0)];
  const edges = { from: at(2025, 11, 31, 20), to: at(2026, 0, 1, 4), bin: 1 };
  expect(timeLabels(times, edges)).toEqual(['23:00', '1 Jan 2026']);
});

test('longer labels get more room', () => {
  expect(labelSpace(1_000, 300)).toBeGreaterThan(labelSpace(3_600_000, 300));
});

test('a range without bins is as long as it is', () => {
  expect(edgesOf([], { from: 100, to: 900, bin_ms: 0 })).toEqual({ from: 100, to: 900, bin: 0 });
  expect(edgesOf([0, 10], { from: 3, to: 17, bin_ms: 10 })).toEqual({ from: 0, to: 20, bin: 10 });
});

test('only the bin that is not over is still filling', () => {
  expect(fillingBin([0, 10, 20], 10, 25)).toBe(2);
  expect(fillingBin([0, 10, 20], 10, 30)).toBeNull();
  expect(fillingBin([], 0, 30)).toBeNull();
});

test('a drag chooses whole bins and stays within them', () => {
  const edges = { from: 0, to: 30, bin: 10 };
  expect(wholeBins(edges, 4, 16)).toEqual([0, 20]);
  expect(wholeBins(edges, -4, 99)).toEqual([0, 30]);
  expect(wholeBins({ from: 0, to: 30, bin: 0 }, 4, 16)).toBeNull();
});
