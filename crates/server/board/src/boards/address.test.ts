import { expect, it } from 'vitest';
import { boardIn, isSaved, writeBoard } from './address';
import { listOf, ROWS, rowsQuery } from './lists';
import { DEFAULTS } from '../lib/url';

it('the first board is the one without a parameter', () => {
  expect(writeBoard('monitor')).toEqual({ board: null });
  expect(boardIn(writeBoard('monitor'))).toBeNull();
  expect(boardIn(writeBoard('cache'))).toBe('cache');
});

it('a saved board has an id of the server', () => {
  expect(isSaved('0199a2c4-7d5e-7b3a-9c1f-2e4d6a8b0c1d')).toBe(true);
  for (const other of [null, '', 'cache', '0199a2c4', '<b>']) expect(isSaved(other)).toBe(false);
});

it('the calls of a board meet its search, and a term stands in it once', () => {
  const query = rowsQuery(listOf('errors'), { entity: 'e', project: 'p', stream: 's' }, { ...DEFAULTS, q: 'status:error' }, 0);
  expect(query.get('q')).toBe('status:error has:op');
  expect(query.get('limit')).toBe(String(ROWS));
  expect(listOf('newest').sort).toBe('-started_at');
  expect(listOf('slowest').id).toBe('slowest');
});
