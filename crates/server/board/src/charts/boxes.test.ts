import { expect, test } from 'vitest';
import { boxes, keyAt, spreads, tops } from './boxes';

const column = (key: string, values: (number | null)[]) => ({ key, label: key, colour: key, values });

test('bars stand on each other, and nothing is drawn for nothing', () => {
  const columns = [column('a', [2, 0, null]), column('b', [1, 3, null])];
  expect(boxes(columns)).toEqual([
    { bin: 0, from: 0, to: 2, colour: 'a' },
    { bin: 0, from: 2, to: 3, colour: 'b' },
    { bin: 1, from: 0, to: 3, colour: 'b' },
  ]);
  expect(tops({ draw: 'stack', columns }, 3)).toEqual([3, 3, null]);
});

test('a spread reaches as high as its p95', () => {
  const columns = [column('p50', [10, null]), column('p95', [40, null])];
  expect(tops({ draw: 'spread', columns }, 3)).toEqual([40, null, null]);
});

test('few calls are dots, a bin without a latency is a gap', () => {
  const columns = [column('p50', [10, null, 20]), column('p95', [40, null, null])];
  expect(spreads({ columns, calls: [5, 0, 4] })).toEqual([
    { bin: 0, p50: 10, p95: 40, few: false },
    { bin: 2, p50: 20, p95: 20, few: true },
  ]);
});

test('a point of a bar is of the column that is drawn there', () => {
  const columns = [column('a', [2, 0, null]), column('b', [1, 3, null])];
  expect([1.9, 2, 2.9, 3].map((value) => keyAt(columns, 0, value))).toEqual(['a', 'b', 'b', null]);
  expect([0, 3].map((value) => keyAt(columns, 1, value))).toEqual(['b', null]);
  expect(keyAt(columns, 2, 0)).toBe(null);
});
