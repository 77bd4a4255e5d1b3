import { expect, test } from 'vitest';
import type { BoardEntry } from '../lib/boards';
import { titled } from './titled';

const board = (title: string): BoardEntry => ({ id: title, title, version: 1, stream: null, panels: 1, saved_at: 0, deleted: false });

test('boards are found by all words of their title', () => {
  const boards = [board('Cost of Support'), board('Cost'), board('Größe (β)')];
  const found = (search: string) => titled(boards, search).map(({ title }) => title);
  expect(found(' ')).toHaveLength(3);
  expect(found('support COST')).toEqual(['Cost of Support']);
  expect(found('größe (')).toEqual(['Größe (β)']);
  expect(found('nothing')).toEqual([]);
});
