import { expect, test } from 'vitest';
import { tokenColumns } from './tokens';

const of = (columns: Partial<Parameters<typeof tokenColumns>[0]>) =>
  tokenColumns({ input_tokens: [10, null, 4], output_tokens: [3, null, 1], ...columns });

test('without parts there are two kinds', () => {
  expect(of({}).map(({ key, label, values }) => [key, label, values])).toEqual([
    ['input', 'input', [10, null, 4]],
    ['output', 'output', [3, null, 1]],
  ]);
  expect(of({ cached_tokens: [0, null, null] }).map(({ key }) => key)).toEqual(['input', 'output']);
});

test('a part is taken out of its whole, never more than there is', () => {
  expect(of({ cached_tokens: [6, null, 9] }).slice(0, 2)).toMatchObject([
    { label: 'other input', values: [4, null, 0] },
    { label: 'cached input', values: [6, null, 4] },
  ]);
});

test('a part that is not known is unknown, and what is left is all of it', () => {
  const [, , output, reasoning] = of({ cached_tokens: [1, null, null], reasoning_tokens: [2, null, null] });
  expect([output?.values, reasoning?.values]).toEqual([[1, null, 1], [2, null, null]]);
});
