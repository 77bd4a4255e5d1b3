import { expect, it } from 'vitest';
import { readBoard, writeBoard } from './address';
import { listOf, ROWS, rowsQuery } from './lists';
import { DEFAULTS } from '../lib/url';

it('the first board is the one without a parameter', () => {
  expect(writeBoard('monitor')).toEqual({ board: null });
  expect(readBoard(writeBoard('monitor'))).toBeNull();
  expect(readBoard(writeBoard('cache'))).toBe('cache');
});

it('the calls of a board meet its search, and a term stands in it once', () => {
  const query = rowsQuery(listOf('errors'), { entity: 'e', project: 'p', stream: 's' }, { ...DEFAULTS, q: 'status:error' }, 0);
  expect(query.get('q')).toBe('status:error has:op');
  expect(query.get('limit')).toBe(String(ROWS));
  expect(listOf('newest').sort).toBe('-started_at');
  expect(listOf('slowest').id).toBe('slowest');
});
