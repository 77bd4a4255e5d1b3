import { expect, test } from 'vitest';
import { boardOfText, readBoard } from './read';
import { boardOf } from './resolve';
import { TEMPLATES } from './templates';

const panel = { measure: 'cost_usd', by: ['@group'], draw: 'bars' };
const board = { title: 'Costs', stream: null, panels: [panel] };

test('every template is a board that can be saved and read', () => {
  for (const template of TEMPLATES) {
    const written = boardOf(template, 'calls');
    expect(readBoard(JSON.parse(JSON.stringify(written)))).toEqual({ board: written, left: 0 });
  }
});

test('what this page does not know is left out and counted', () => {
  const strange = [
    { ...panel, measure: 'carbon' },
    { ...panel, measure: 'toString' },
    { ...panel, draw: 'pie' },
    { ...panel, by: 'model' },
    { ...panel, by: ['@nothing'] },
    { ...panel, by: ['model', 'user', 'status'] },
    { measure: 'calls', draw: 'bars' },
    null,
    [],
    'calls',
  ];
  expect(readBoard({ ...board, panels: [panel, ...strange] })).toEqual({ board, left: strange.length });
  expect(readBoard({ ...board, columns: 99, list: 'all', about: 3, color: 'red' })?.board).toEqual({ ...board, columns: 6 });
  expect(readBoard({ ...board, panels: [{ ...panel, limit: -1, spans: 'yes', q: '', sort: 2 }] })?.board).toEqual(board);
});

test.each([null, undefined, 'x', 3, [], {}, { title: 'x' }, { panels: [] }, { title: ' ', panels: [] }, { title: 'x', panels: {} }])('%j is no board', (value) => {
  expect(readBoard(value)).toBeNull();
});

test('a file has a board, or an answer of the server with one', () => {
  expect(boardOfText(JSON.stringify(board))).toEqual({ board, left: 0 });
  expect(boardOfText(JSON.stringify({ id: 'x', version: 1, board }))).toEqual({ board, left: 0 });
  expect(boardOfText('{')).toMatch(/^This is no JSON: /);
  // As Grafana has them.
  const other = { title: 'Service', schemaVersion: 39, panels: [{ id: 1, type: 'timeseries', title: 'Requests', gridPos: {}, targets: [] }] };
  expect(boardOfText(JSON.stringify(other))).toContain('may be a board of another program');
  expect(boardOfText(JSON.stringify({ ...board, panels: [] }))).toEqual({ board: { ...board, panels: [] }, left: 0 });
  expect(boardOfText('[]')).toBe('This is no board: it needs a title and panels.');
});
