import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Board } from '../lib/boards';

const { show } = vi.hoisted(() => ({ show: vi.fn() }));
vi.mock('../lib/route.svelte', () => ({ route: { show } }));

const { SavedBoards } = await import('./saved.svelte');

const project = { entity: 'e', project: 'p' };
const board: Board = { title: 'Costs', stream: 's', panels: [] };

interface Version {
  deleted: boolean;
  board: Board;
}
/** The versions of each board of the server. */
let saved: Record<string, Version[]>;
let refusal: Response | null;

function answer(url: URL, init?: RequestInit): Response {
  const id = url.searchParams.get('id') ?? '';
  const versions = saved[id] ?? [];
  if (init?.method === 'DELETE') {
    return Response.json({ version: versions.push({ deleted: true, board: versions.at(-1)?.board ?? board }) });
  }
  if (init?.method === 'POST') {
    const sent = JSON.parse(String(init.body)) as { id?: string; base?: number; board: Board };
    const to = sent.id ?? 'new';
    if (sent.id !== undefined && sent.base !== saved[to]?.length) return Response.json({ reason: 'since' }, { status: 409 });
    const version = (saved[to] ??= []).push({ deleted: false, board: sent.board });
    return Response.json({ id: to, version, saved_at: 0 });
  }
  if (url.pathname === '/api/board') return Response.json({ id, version: versions.length, saved_at: 0, ...versions.at(-1), history: [] });
  const boards = Object.entries(saved).map(([id, all]) => {
    const last = all.at(-1);
    return { id, version: all.length, title: last?.board.title, stream: last?.board.stream, panels: 0, saved_at: 0, deleted: last?.deleted };
  });
  return Response.json({ boards });
}

beforeEach(() => {
  refusal = null;
  saved = {
    a: [{ deleted: false, board }],
    b: [{ deleted: false, board: { ...board, stream: null } }],
    c: [{ deleted: false, board: { ...board, stream: 'other' } }],
    d: [{ deleted: true, board }],
  };
  show.mockReset();
  vi.stubGlobal('fetch', async (url: string, init?: RequestInit) => refusal ?? answer(new URL(url, 'http://server'), init));
});
afterEach(() => vi.unstubAllGlobals());

const openedLast = () => (show.mock.lastCall as unknown[])[2] as { board: string | null };

test('the boards of a stream are its own and those of the project, without deleted ones', async () => {
  const boards = new SavedBoards(project);
  await boards.reload();
  expect(boards.of('s').map(({ id }) => id)).toEqual(['a', 'b']);
  refusal = Response.json({ reason: 'no' }, { status: 503 });
  await boards.reload();
  expect(boards.of('s')).toHaveLength(2);
});

test('a new board is opened with its name to be changed', async () => {
  const boards = new SavedBoards(project);
  await boards.create(board);
  expect([boards.fresh, openedLast().board, boards.of('s').some(({ id }) => id === 'new')]).toEqual(['new', 'new', true]);
});

test('a deleted board comes back with what it had', async () => {
  const boards = new SavedBoards(project);
  await boards.remove('a', 'Costs');
  expect([boards.gone, openedLast().board, boards.of('s').map(({ id }) => id)]).toEqual([{ id: 'a', title: 'Costs' }, null, ['b']]);
  await boards.restore('a');
  expect([boards.gone, openedLast().board, saved['a']?.at(-1)]).toEqual([null, 'a', { deleted: false, board }]);
});

test('what is refused opens nothing, and its reason is there', async () => {
  const boards = new SavedBoards(project);
  refusal = Response.json({ reason: 'title has more than 120 characters' }, { status: 400 });
  await boards.create(board);
  expect([boards.error, boards.fresh, show.mock.calls.length]).toEqual(['title has more than 120 characters', null, 0]);
});
