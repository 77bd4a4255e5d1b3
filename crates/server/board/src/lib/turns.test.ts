import { expect, it } from 'vitest';
import type { Row } from './api';
import { asksAgain, type Turn } from './turns';

const row = { operation: 'chat' } as Row;
const turn = (asked: string | null, answered: string | null): Turn => ({ row, asked, answered, tool: null });
const tool: Turn = { row, asked: null, answered: null, tool: { name: 't', arguments: null, result: null } };

it('knows a question that is still being worked on from one that is asked twice', () => {
  expect(asksAgain([turn('q', null), tool, turn('q', 'a')])).toEqual([false, false, true]);
  expect(asksAgain([turn('q', 'let me see'), tool, tool, turn('q', 'a')])).toEqual([false, false, false, true]);
  expect(asksAgain([turn('q', ''), turn('q', 'a')])).toEqual([false, true]);
  expect(asksAgain([turn('go on', 'a'), turn('go on', 'b')])).toEqual([false, false]);
  expect(asksAgain([turn('q', null), tool, turn('r', 'a')])).toEqual([false, false, false]);
  const span: Turn = { row: { operation: null } as Row, asked: null, answered: null, tool: null };
  expect(asksAgain([turn('q', 'a'), span, turn('q', 'b'), span, tool, turn('q', 'c')])).toEqual([false, false, false, false, false, true]);
  expect(asksAgain([turn(null, null), turn(null, null)])).toEqual([false, false]);
});
