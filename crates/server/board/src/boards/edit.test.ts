import { expect, test } from 'vitest';
import { moved, without } from './edit';

test('a panel moves by a step, and stays at the ends', () => {
  const all = ['a', 'b', 'c'];
  expect(moved(all, 0, 1)).toEqual(['b', 'a', 'c']);
  expect(moved(all, 2, -1)).toEqual(['a', 'c', 'b']);
  for (const [at, by] of [[0, -1], [2, 1], [7, 1]] as const) expect(moved(all, at, by)).toEqual(all);
});

test('a panel is removed', () => {
  expect(without(['a', 'b', 'a'], 2)).toEqual(['a', 'b']);
});
