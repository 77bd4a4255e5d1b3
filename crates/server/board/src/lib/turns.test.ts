import { expect, it } from 'vitest';
import type { Row } from './api';
import { asksAgain, type Turn } from './turns';

const row = { operation: 'chat' } as Row;
const says = (asked: string | null, answered: string | null): Turn => ({ row, asked, answered, tool: null });
const tool: Turn = { row, asked: null, answered: null, tool: { name: 't', arguments: null, result: null } };

it('knows a question that is still being worked on from one that is asked twice', () => {
  expect(asksAgain([says('q', null), tool, says('q', 'a')])).toEqual([false, false, true]);
  expect(asksAgain([says('q', 'let me see'), tool, tool, says('q', 'a')])).toEqual([false, false, false, true]);
  expect(asksAgain([says('q', ''), says('q', 'a')])).toEqual([false, true]);
  expect(asksAgain([says('go on', 'a'), says('go on', 'b')])).toEqual([false, false]);
  expect(asksAgain([says('q', null), tool, says('r', 'a')])).toEqual([false, false, false]);
  const span: Turn = { row: { operation: null } as Row, asked: null, answered: null, tool: null };
  expect(asksAgain([says('q', 'a'), span, says('q', 'b'), span, tool, says('q', 'c')])).toEqual([false, false, false, false, false, true]);
  expect(asksAgain([says(null, null), says(null, null)])).toEqual([false, false]);
});
