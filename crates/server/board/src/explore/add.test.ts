import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { addTo, addToNew, withPanel } from './add';
import type { PanelSpec } from './spec';

const name = { entity: 'e', project: 'p', stream: 's' };
const spec: PanelSpec = { measure: 'p95_ms', by: ['model'], draw: 'lines' };
const other = { measure: 'of a newer page', by: [], draw: 'map' };

interface Body {
  id?: string;
  base?: number;
  board: { title: string; panels: unknown[] };
}

let posted: Body[];
/** Saves that somebody else is quicker than. */
let conflicts: number;
let deleted: boolean;
let version: number;

beforeEach(() => {
  [posted, conflicts, deleted, version] = [[], 0, false, 3];
  vi.stubGlobal('fetch', async (_: string, init?: RequestInit) => {
    const board = { title: 'Costs', stream: null, later: 1, panels: [other] };
    if (init?.method !== 'POST') return Response.json({ id: 'b', version, saved_at: 0, deleted, board, history: [] });
    posted.push(JSON.parse(String(init.body)) as Body);
    if (conflicts > 0) {
      [conflicts, version] = [conflicts - 1, version + 1];
      return Response.json({ reason: 'the board was saved since' }, { status: 409 });
    }
    return Response.json({ id: 'b', version: version + 1, saved_at: 0 });
  });
});
afterEach(() => vi.unstubAllGlobals());

test('the panel comes last, and what this page cannot show stays', async () => {
  expect(await addTo(name, { id: 'b', title: 'Old name' }, spec)).toEqual({ id: 'b', title: 'Costs' });
  expect(posted).toEqual([{ entity: 'e', project: 'p', id: 'b', base: 3, board: { title: 'Costs', stream: null, later: 1, panels: [other, spec] } }]);
});

test('a save of somebody else is met once, with the latest', async () => {
  conflicts = 1;
  await addTo(name, { id: 'b', title: 'Costs' }, spec);
  expect(posted.map(({ base }) => base)).toEqual([3, 4]);
  [posted, conflicts] = [[], 2];
  await expect(addTo(name, { id: 'b', title: 'Costs' }, spec)).rejects.toThrow('the board was saved since');
  expect(posted).toHaveLength(2);
});

test('a board that was deleted meanwhile is not brought back', async () => {
  deleted = true;
  await expect(addTo(name, { id: 'b', title: 'Costs' }, spec)).rejects.toThrow('was deleted meanwhile');
  expect(posted).toEqual([]);
});

test('a new board has a name in any case', async () => {
  expect(await addToNew(name, ' Latency ', spec)).toEqual({ id: 'b', title: 'Latency' });
  expect((await addToNew(name, '  ', spec)).title).toBe('New board');
  expect(posted[0]).toEqual({ entity: 'e', project: 'p', board: { title: 'Latency', stream: 's', panels: [spec] } });
});

test('what is no board gets no panel', () => {
  for (const board of [null, 'text', [], {}, { panels: {} }]) expect(withPanel(board, spec)).toBeNull();
});

