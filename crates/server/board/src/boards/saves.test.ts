import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { PanelSpec } from '../explore/spec';
import type { Board } from '../lib/boards';
import { OpenBoard } from './open.svelte';

const panel: PanelSpec = { measure: 'calls', by: [], draw: 'number' };

let boards: Board[];
/** Answers that wait until the test lets them go. */
let waiting: (() => void)[];
/** Runs once, right after the next save. */
let meanwhile: (() => void) | null;

beforeEach(() => {
  boards = [{ title: 'Costs', stream: null, panels: [panel, { ...panel, measure: 'errors' }, { ...panel, measure: 'running' }] }];
  waiting = [];
  meanwhile = null;
  vi.stubGlobal('fetch', async (url: string, init?: RequestInit) => {
    if (init?.method === 'POST') {
      const { base, board } = JSON.parse(String(init.body)) as { base: number; board: Board };
      if (base !== boards.length) return Response.json({ reason: 'the board was saved since' }, { status: 409 });
      const version = boards.push(board);
      meanwhile?.();
      meanwhile = null;
      return Response.json({ id: 'b', version, saved_at: 0 });
    }
    const version = Number(new URL(url, 'http://server').searchParams.get('version') ?? boards.length);
    if (boards[version - 1] === undefined) return Response.json({ reason: 'there is no such board' }, { status: 404 });
    const history = boards.map(({ title }, at) => ({ version: at + 1, title, saved_at: at, deleted: false })).reverse();
    const answer = Response.json({ id: 'b', version, saved_at: 0, deleted: false, board: boards[version - 1], history });
    await new Promise<void>((go) => waiting.push(go));
    return answer;
  });
});
afterEach(() => vi.unstubAllGlobals());

async function answered(at = 0): Promise<void> {
  await vi.waitFor(() => expect(waiting.length).toBeGreaterThan(at));
  waiting.splice(at, 1).forEach((go) => go());
}

async function opened(): Promise<OpenBoard> {
  const board = new OpenBoard({ entity: 'e', project: 'p' }, 'b', async () => {});
  const loaded = board.load();
  await answered();
  await loaded;
  return board;
}

const fewer = (board: OpenBoard) => ({ panels: board.read?.board.panels.slice(1) ?? [] });

test('an answer to what was saved before does not take a later change back', async () => {
  const board = await opened();
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
  const both = [board.load(1), board.load(2)];
  await answered(1);
  await answered(0);
  await Promise.all(both);
  expect([board.kept?.version, board.isEarlier]).toEqual([2, true]);
});

test('a version that is gone is no board that is gone', async () => {
  const board = await opened();
  await board.load(7);
  expect([board.missing, board.error, board.read?.board.title]).toEqual([false, 'there is no such board', 'Costs']);
});
