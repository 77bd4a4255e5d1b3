import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PanelSpec } from '../explore/spec';
import type { Board } from '../lib/boards';
import { OpenBoard } from './open.svelte';

const panel: PanelSpec = { measure: 'calls', by: [], draw: 'number' };

/** The versions of the server's one board. */
let boards: Board[];
/** Whether answers wait until the test lets them go. */
let isHeld: boolean;
let waiting: (() => void)[];
/** Runs once, right after the next save. */
let meanwhile: (() => void) | null;

beforeEach(() => {
  boards = [{ title: 'Costs', stream: null, panels: [panel, { ...panel, measure: 'errors' }, { ...panel, measure: 'cancelled' }] }];
  [isHeld, waiting, meanwhile] = [false, [], null];
  vi.stubGlobal('fetch', async (url: string, init?: RequestInit) => {
    if (init?.method === 'POST') return save(JSON.parse(String(init.body)) as { base: number; board: Board });
    const version = Number(new URL(url, 'http://server').searchParams.get('version') ?? boards.length);
    if (boards[version - 1] === undefined) return Response.json({ reason: 'there is no such board' }, { status: 404 });
    const history = boards.map(({ title }, at) => ({ version: at + 1, title, saved_at: at, deleted: false })).reverse();
    const answer = Response.json({ id: 'b', version, saved_at: 0, deleted: false, board: boards[version - 1], history });
    if (isHeld) await new Promise<void>((go) => waiting.push(go));
    return answer;
  });
});
afterEach(() => vi.unstubAllGlobals());

/** Refuses what is not based on the last version. */
function save({ base, board }: { base: number; board: Board }): Response {
  if (base !== boards.length) return Response.json({ reason: 'the board was saved since' }, { status: 409 });
  const version = boards.push(board);
  meanwhile?.();
  meanwhile = null;
  return Response.json({ id: 'b', version, saved_at: 0 });
}

async function answered(at = 0): Promise<void> {
  await vi.waitFor(() => expect(waiting.length).toBeGreaterThan(at));
  waiting.splice(at, 1).forEach((go) => go());
}

async function opened(): Promise<OpenBoard> {
  const board = new OpenBoard({ entity: 'e', project: 'p' }, 'b', async () => {});
  await board.load();
  return board;
}

const fewer = (board: OpenBoard) => ({ panels: board.read?.board.panels.slice(1) ?? [] });

test('changes that come before others are saved are saved one after the other', async () => {
  const board = await opened();
  void board.save(fewer(board));
  void board.save(fewer(board));
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
  const board = await opened();
  expect(board.read?.left).toBe(1);
  await board.save({ title: 'Money' });
  expect(boards.at(-1)).toEqual({ ...strange, title: 'Money' });
});

test('a board that is not there is missing', async () => {
  boards = [];
  const board = await opened();
  expect([board.missing, board.saved]).toEqual([true, null]);
});

test('an answer to what was saved before does not take a later change back', async () => {
  const board = await opened();
  isHeld = true;
  void board.save(fewer(board));
  await vi.waitFor(() => expect(waiting).toHaveLength(1));
  const second = board.save(fewer(board));
  await answered();
  await vi.waitFor(() => expect(waiting).toHaveLength(1));
  expect(board.read?.board.panels).toHaveLength(1);
  await answered();
  await second;
  expect(boards.map(({ panels }) => panels.length)).toEqual([3, 2, 1]);
  expect([board.error, board.last?.version]).toEqual([null, 3]);
});

test('what somebody else saves between two changes is not overwritten by the second', async () => {
  const board = await opened();
  isHeld = true;
  meanwhile = () => boards.push({ title: 'Others', stream: null, panels: [] });
  void board.save({ title: 'Mine' });
  await vi.waitFor(() => expect(waiting).toHaveLength(1));
  const second = board.save({ about: 'Mine' });
  await answered();
  await second;
  expect([boards.map(({ title }) => title), board.stale]).toEqual([['Costs', 'Mine', 'Others'], true]);
});

test('of two versions that are asked for the later is shown, whichever comes first', async () => {
  boards.push({ title: 'Two', stream: null, panels: [] }, { title: 'Three', stream: null, panels: [] });
  const board = await opened();
  isHeld = true;
  const both = [board.load(1), board.load(2)];
  await answered(1);
  await answered(0);
  await Promise.all(both);
  expect([board.saved?.version, board.isEarlier]).toEqual([2, true]);
});

test('a version that is gone is no board that is gone', async () => {
  const board = await opened();
  await board.load(7);
  expect([board.missing, board.error, board.read?.board.title]).toEqual([false, 'there is no such board', 'Costs']);
});
