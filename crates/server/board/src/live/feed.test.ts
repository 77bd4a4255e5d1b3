import { expect, test } from 'vitest';
import type { Row } from '../lib/api';
import { merge, readBatch, replaced, type Entry } from './feed';

const call = (id: string, rest: Partial<Row> = {}) => ({ id, status: 'success', outcome: 'completed', ...rest }) as Row;
const running = (id: string) => call(id, { status: 'running', outcome: null });
const ids = (entries: Entry[]) => entries.map(({ row }) => row.id).join(' ');
const opened = (...calls: Row[]) => merge([], { calls, skipped: 0 }, true, 1).entries;

test('the newest call stands first, and the first calls are no news', () => {
  const first = merge([], { calls: [call('a'), call('b')], skipped: 0 }, true, 1);
  expect(ids(first.entries)).toBe('b a');
  expect([first.added, first.failed, first.entries[0]?.isNew]).toEqual([0, 0, false]);
  const next = merge(first.entries, { calls: [call('c'), call('d', { status: 'error' })], skipped: 0 }, false, 2);
  expect(ids(next.entries)).toBe('d c b a');
  expect([next.added, next.failed, next.entries[0]?.isNew]).toEqual([2, 1, true]);
});

test('a call that comes again replaces its row in place', () => {
  const before = opened(running('a'), call('b'));
  const { entries, added, failed } = merge(before, { calls: [call('a', { status: 'error' }), call('c')], skipped: 0 }, false, 9);
  expect(ids(entries)).toBe('c b a');
  expect([entries[2]?.row.status, entries[2]?.seen, entries[1]?.seen]).toEqual(['error', 9, 1]);
  expect([added, failed]).toEqual([1, 1]);
  expect(before[1]?.row.status).toBe('running');
});

test('a call that is twice in one event is one row in its last state', () => {
  const { entries, added } = merge(opened(), { calls: [running('a'), call('b'), call('a')], skipped: 0 }, false, 1);
  expect(ids(entries)).toBe('b a');
  expect([added, entries[1]?.row.status]).toEqual([2, 'success']);
});

test('no more rows are kept than fit, and the oldest go', () => {
  const { entries, added } = merge(opened(call('a'), call('b')), { calls: [call('c'), call('d')], skipped: 0 }, false, 1, 3);
  expect(ids(entries)).toBe('d c b');
  expect(added).toBe(2);
});

test('skipped calls stand above the calls they came with', () => {
  const once = merge(opened(call('a')), { calls: [call('b'), call('c')], skipped: 312 }, false, 1).entries;
  expect(once.map(({ skipped }) => skipped)).toEqual([312, 0, 0]);
  const twice = merge(once, { calls: [], skipped: 3 }, false, 1).entries;
  expect(twice.map(({ skipped }) => skipped)).toEqual([315, 0, 0]);
});

test('after a break there is a gap, whether a known call comes again or not', () => {
  const before = opened(running('a'), call('b'));
  const apart = merge(before, { calls: [call('x'), call('y')], skipped: 0 }, true, 2);
  expect(ids(apart.entries)).toBe('y x b a');
  expect(apart.entries.map(({ gap }) => gap)).toEqual([false, false, true, false]);
  expect(apart.entries.map(({ isUnsure }) => isUnsure)).toEqual([false, false, false, true]);
  expect(apart.added).toBe(2);
  const joined = merge(before, { calls: [call('b'), call('y')], skipped: 0 }, true, 2);
  expect([ids(joined.entries), joined.entries.map(({ gap }) => gap)]).toEqual(['y b a', [false, true, false]]);
  const nothing = merge(before, { calls: [], skipped: 0 }, true, 2);
  expect([ids(nothing.entries), nothing.entries.map(({ gap }) => gap)]).toEqual(['b a', [true, false]]);
  expect(opened(call('a')).some(({ gap }) => gap)).toBe(false);
});

test('a state that comes makes a call sure again', () => {
  const [entry] = merge(opened(running('a')), { calls: [call('x')], skipped: 0 }, true, 2).entries.slice(1);
  expect(entry?.isUnsure).toBe(true);
  expect(replaced([entry as Entry], [running('a')], 3)[0]?.isUnsure).toBe(false);
});

test('rows that are held back take no new ones', () => {
  const held = replaced(opened(running('a')), [call('z'), call('a')], 4);
  expect([ids(held), held[0]?.row.status]).toEqual(['a', 'success']);
});

test('only events of ours are read', () => {
  expect(readBatch('{"version":3,"calls":[{"id":"a"}],"skipped":2}')).toEqual({ calls: [{ id: 'a' }], skipped: 2 });
  expect(readBatch('{"calls":[]}')).toEqual({ calls: [], skipped: 0 });
  for (const text of ['', 'null', '{}', '{"calls":3}', undefined]) expect(readBatch(text)).toBeNull();
});
