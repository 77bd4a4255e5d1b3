import { describe, expect, it } from 'vitest';
import { BOARDS } from '../boards/titles';
import type { Stream } from '../lib/api';
import type { Place } from '../lib/url';
import { commands, keyOf, matching, ofId } from './commands';

const HERE = [{ entity: 'e', project: 'p' }];
const goes = (text: string) => ofId(text, HERE).map(({ does }) => ('go' in does ? does.go : ''));

describe('the palette', () => {
  it('opens pasted ids', () => {
    expect(goes(' dfab3f519d9c5c4e ')).toEqual(['/e/p/r/call/dfab3f519d9c5c4e']);
    expect(goes('0d767120cbfe20473bf5fcfe9747d273')[0]).toBe('/e/p/weave/traces/0d767120cbfe20473bf5fcfe9747d273');
    expect(goes('01938e0a-7f6e-7abc-8def-0123456789ab')).toHaveLength(2);
    expect(goes('umbrella')).toEqual([]);
  });

  it('has a key for each command', () => {
    const place = { kind: 'board', entity: 'e', project: 'p', stream: 's' } as const;
    const all = commands(place, [], ['model', 'team']);
    expect(new Set(all.map(keyOf)).size).toBe(all.length);
  });

  it('leads to each board, of the stream that is open', () => {
    const place = { kind: 'section', section: 'live', entity: 'e', project: 'p', stream: 's' } as const;
    const boards = commands(place, [], null).filter(({ group }) => group === 'Boards');
    expect(boards).toHaveLength(BOARDS.length);
    expect(boards[0]).toMatchObject({ text: 'OpenAI monitor', note: 's', does: { go: '/e/p/table/s/boards' } });
    expect(matching(boards, 'board prompt cache')).toMatchObject([{ does: { go: '/e/p/table/s/boards?board=cache' } }]);
    const elsewhere = commands({ kind: 'streams', entity: null, project: null }, [], null);
    expect(elsewhere.filter(({ group }) => group === 'Boards')).toEqual([]);
  });

  it('leads to the saved boards of the project', () => {
    const entry = { version: 1, panels: 1, saved_at: 0, deleted: false };
    const saved = [
      { ...entry, id: 'one', title: 'Money', stream: 't' },
      { ...entry, id: 'two', title: 'Anything', stream: null },
      { ...entry, id: 'three', title: 'Gone', stream: null, deleted: true },
    ];
    const goes = (place: Place, streams: Stream[] = []) =>
      matching(commands(place, streams, null, saved), 'board:').map(({ does }) => ('go' in does ? does.go : ''));
    const project = { kind: 'streams', entity: 'e', project: 'p' } as const;
    const stream = (project: string, stream: string): Stream => ({ entity: 'e', project, stream, calls: 1, last_started_at: null });
    expect(goes({ ...project, kind: 'board', stream: 's' })).toEqual(['/e/p/table/t/boards?board=one', '/e/p/table/s/boards?board=two']);
    expect(goes(project, [stream('other', 'x'), stream('p', 'first')])[1]).toBe('/e/p/table/first/boards?board=two');
    // Without a stream there is no page for it.
    expect(goes(project)).toEqual(['/e/p/table/t/boards?board=one']);
    expect(goes({ kind: 'streams', entity: null, project: null })).toEqual([]);
  });

  it('finds by all words', () => {
    const place = { kind: 'board', entity: 'e', project: 'p', stream: 's' } as const;
    const all = commands(place, [{ entity: 'acme', project: 'agents', stream: 'weather', calls: 1, last_started_at: null }], ['team']);
    expect(matching(all, 'weather acme').map(({ text }) => text)).toEqual(['weather']);
    expect(matching(all, 'group team')).toMatchObject([{ does: { show: { group: 'attr:team' } } }]);
    expect(matching(all, 'range hour')).toMatchObject([{ does: { show: { range: '1h' } } }, { does: { show: { range: '24h' } } }]);
    expect(matching(all, 'dark')).toMatchObject([{ does: { theme: 'dark' } }]);
  });
});
