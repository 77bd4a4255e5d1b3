import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PanelSpec } from '../explore/spec';
import type { Board } from '../lib/boards';
import { OpenBoard } from './open.svelte';

const project = { entity: 'e', project: 'p' };
const panel: PanelSpec = { measure: 'calls', by: [], draw: 'number' };

/** A server with one board, which refuses what is not based on its last version. */
function server(boards: Board[]) {
  return vi.fn(async (_: string, init?: RequestInit) => {
    if (init?.method !== 'POST') {
      const history = boards.map(({ title }, at) => ({ version: at + 1, title, saved_at: at, deleted: false })).reverse();
      return Response.json({ id: 'b', version: boards.length, saved_at: 0, deleted: false, board: boards.at(-1), history });
    }
    const { base, board } = JSON.parse(String(init.body)) as { base: number; board: Board };
    if (base !== boards.length) return Response.json({ reason: 'the board was saved since' }, { status: 409 });
    boards.push(board);
    return Response.json({ id: 'b', version: boards.length, saved_at: 0 });
  });
}

let boards: Board[];
beforeEach(() => {
  boards = [{ title: 'Costs', stream: null, panels: [panel, { ...panel, measure: 'errors' }, { ...panel, measure: 'cancelled' }] }];
  vi.stubGlobal('fetch', server(boards));
});
afterEach(() => vi.unstubAllGlobals());

async function opened(): Promise<OpenBoard> {
  const board = new OpenBoard(project, 'b', async () => {});
  await board.load();
  return board;
}

test('changes that come before others are saved are saved one after the other', async () => {
  const board = await opened();
  const without = () => board.read?.board.panels.slice(1) ?? [];
  void board.save({ panels: without() });
  void board.save({ panels: without() });
  expect(board.read?.board.panels).toHaveLength(1);
  await board.save({ title: 'Money' });
  expect(boards.map(({ title, panels }) => [title, panels.length])).toEqual([['Costs', 3], ['Costs', 2], ['Costs', 1], ['Money', 1]]);
  expect([board.error, board.stale, board.last?.version]).toEqual([null, false, 4]);
});

test('what was saved by somebody else is not overwritten, also not by the change after it', async () => {
  const board = await opened();
  boards.push({ title: 'Others', stream: null, panels: [] });
  void board.save({ title: 'Mine' });
  await board.save({ title: 'Mine again' });
  expect([boards.length, board.stale, board.read?.board.title]).toEqual([2, true, 'Mine again']);
  await board.load();
  expect([board.stale, board.error, board.read?.board.title]).toEqual([false, null, 'Others']);
  await board.save({ title: 'Ours' });
  expect(boards.at(-1)?.title).toBe('Ours');
});

test('what the page does not know stays when the name is changed', async () => {
  const strange = { title: 'Costs', stream: null, theme: 'dark', panels: [panel, { ...panel, measure: 'carbon' }] };
  boards = [strange as unknown as Board];
  vi.stubGlobal('fetch', server(boards));
  const board = await opened();
  expect(board.read?.left).toBe(1);
  await board.save({ title: 'Money' });
  expect(boards.at(-1)).toEqual({ ...strange, title: 'Money' });
});

test('a board that is not there is missing', async () => {
  vi.stubGlobal('fetch', async () => Response.json({ reason: 'there is no such board in this project' }, { status: 404 }));
  const board = await opened();
  expect([board.missing, board.kept]).toEqual([true, null]);
});
