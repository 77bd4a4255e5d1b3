import { expect, test } from 'vitest';
import { nearestKey, runs, tops } from './boxes';
import type { Column, Panel } from './panel';
import { lines, readout } from './words';

const column = (key: string, values: (number | null)[]): Column => ({ key, label: key, colour: 'red', values });
const columns = [column('a', [1, null, 3]), column('b', [2, 2, 0])];
const panel = { id: 'panel', draw: 'lines', columns, unknown: [], calls: [3, 3, 3], errors: [], absent: 'unknown', format: String } as unknown as Panel;

test('a line is broken where no call has a number', () => {
  expect(runs([1, 2, null, 3, null, null])).toEqual([[0, 1], [3, 3]]);
  expect(runs([])).toEqual([]);
});

test('lines stand for themselves: the highest reaches as high as it is', () => {
  expect(tops(panel, 3)).toEqual([2, 2, 3]);
});

test('a click takes the nearest line, or none', () => {
  expect(nearestKey(columns, 0, 1.2, 0.5)).toBe('a');
  expect(nearestKey(columns, 1, 1.2, 0.5)).toBeNull();
});

test('a bin is read from the highest line down, a zero too', () => {
  expect(lines(panel, 2).map(({ text }) => text)).toEqual(['3', '0']);
  expect(readout({ ...panel, overall: [1.5, null, null] }, 0)).toBe('1.5');
});

test('several lines without a number of all are not unknown', () => {
  expect([readout(panel, 0), readout(panel, 1)]).toEqual(['', '2']);
  expect(readout({ ...panel, columns: [column('a', [null])] }, 0)).toBe('unknown');
});

test('the number of all is marked while a line is hidden, and a mean is no least', () => {
  const all = { ...panel, overall: [1.5], unknown: [2] };
  expect(readout(all, 0)).toBe('≥ 1.5');
  expect(readout({ ...all, isMean: true, isOfAll: true }, 0)).toBe('1.5 of all');
});
