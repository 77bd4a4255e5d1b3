import { expect, test } from 'vitest';
import type { Row } from '../lib/api';
import type { Entry } from './feed';
import { due } from './settle';

const NOW = 10_000_000;
const entry = (id: string, rest: Partial<Entry> = {}, row: Partial<Row> = {}) =>
  ({ row: { id, status: 'running', started_at: NOW - 60_000, ...row }, seen: NOW, isUnsure: false, ...rest }) as Entry;
const ids = (entries: Entry[], asked: [string, number][] = []) => due(entries, new Map(asked), NOW).map(({ id }) => id);

test('a call is asked for when it is unsure or long unseen', () => {
  const entries = [
    entry('fresh'),
    entry('unsure', { isUnsure: true }),
    entry('old', { seen: NOW - 40_000 }),
    entry('ended', { seen: NOW - 40_000 }, { status: 'success' }),
  ];
  expect(ids(entries)).toEqual(['old', 'unsure']);
  expect(ids(entries, [['unsure', NOW - 5_000], ['old', NOW - 5_000]])).toEqual([]);
});

test('a call that runs for hours is asked for rarely, and few at once', () => {
  expect(ids([entry('long', { seen: NOW - 60_000 }, { started_at: NOW - 3_600_000 })])).toEqual([]);
  const many = Array.from({ length: 9 }, (_, at) => entry(String(at), { seen: NOW - 40_000 - at }));
  expect(ids(many)).toEqual(['8', '7', '6', '5']);
});
