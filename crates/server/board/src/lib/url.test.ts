import { describe, expect, it } from 'vitest';
import { DEFAULTS, boardPath, objectPath, readPlace, readView, stepRange, writeView, wrongWords, type View } from './url';

describe('the view in the address', () => {
  it('leaves defaults out', () => {
    expect(writeView({ ...DEFAULTS })).toBe('');
    expect(readView('')).toEqual(DEFAULTS);
  });

  it('comes back as it went', () => {
    const view: View = {
      ...DEFAULTS,
      range: '24h',
      group: 'attr:params.audience',
      q: 'model:(gpt-4o-mini OR "") params.equation:"15 * (2 - 6) / 4 = a&b"',
      sort: '-cost_usd',
      page: 3,
      call: '00f067aa0ba902b7',
      tab: 'raw',
    };
    expect(readView(writeView(view))).toEqual(view);
  });

  it('takes nonsense for the default, and knows it', () => {
    const nonsense = '?range=toString&page=-3&from=x&tab=none&sort=foo&group=bar';
    expect(readView(nonsense)).toEqual(DEFAULTS);
    expect(wrongWords(nonsense)).toEqual(['range=toString', 'from=x', 'group=bar', 'sort=foo', 'page=-3', 'tab=none']);
    expect(wrongWords('?range=24h&page=2&sort=-cost_usd&group=attr:x&from=1')).toEqual([]);
  });

  it('reads the filters of older links as terms', () => {
    const view = readView('?q=umbrella&model=a&model=b%20c&attr=params.x%3D1%3D2&attr=team%3D&status=error');
    expect(view.q).toBe('umbrella model:(a OR "b c") status:error params.x:1=2 team:""');
    expect(writeView(view)).toBe(`?${new URLSearchParams({ q: view.q })}`);
  });

  it('steps its range', () => {
    const hour = { ...DEFAULTS, range: '1h' as const };
    const length = 3_600_000;
    const now = 10 * length;
    const back = { from: now - 2 * length, to: now - length, page: 1 };
    expect(stepRange(hour, null, -1, now)).toEqual(back);
    expect(stepRange(hour, null, 1, now)).toBe(null);
    expect(stepRange({ ...hour, ...back }, null, 1, now)).toEqual({ from: null, to: null, page: 1 });
    expect(stepRange({ ...hour, ...back }, null, -1, now)).toMatchObject({ from: now - 3 * length });
    expect(stepRange(DEFAULTS, { from: 0, to: now }, -1, now)).toBe(null);
    expect(stepRange({ ...DEFAULTS, from: 5, to: null }, { from: 0, to: 15 }, 1, now)).toMatchObject({ from: 15, to: 25 });
  });
});

describe('places', () => {
  it('keep names with spaces', () => {
    const name = { entity: 'my team', project: 'p', stream: 's.1' };
    expect(readPlace(boardPath(name))).toEqual({ kind: 'board', ...name });
  });

  it('are distinct', () => {
    expect(readPlace('/').kind).toBe('streams');
    expect(readPlace('/e/p/weave')).toEqual({ kind: 'streams', entity: 'e', project: 'p' });
    const project = { kind: 'streams', entity: 'e', project: 'p' };
    expect(readPlace('/e/p/weave/agents')).toEqual(project);
    expect(readPlace('/e/p/weave/agents/conversations')).toEqual(project);
    expect(readPlace('/e/p/weave/agents/conversations/c%201/more')).toEqual(project);
    const conversation = { kind: 'conversation of a project', entity: 'e', project: 'p', id: 'c 1' };
    expect(readPlace('/e/p/weave/agents/conversations/c%201')).toEqual(conversation);
    expect(readPlace('/e/p/r/call/1')).toEqual({ kind: 'call', entity: 'e', project: 'p', id: '1' });
    const object = { kind: 'object', entity: 'e', project: 'p', name: 'my prompt', digest: 'd' };
    expect(readPlace(objectPath('e', 'p', 'my prompt', 'd'))).toEqual(object);
    expect(readPlace('/e/p/weave/ops/my%20prompt/versions/d')).toEqual(object);
    expect(readPlace('/e/p/weave/leaderboards/my%20prompt')).toEqual({ ...object, digest: 'latest' });
    for (const path of ['/e/p/what', '/e/p/weave/objects/x', '/e/p/weave/what/x/versions/d']) {
      expect(readPlace(path).kind).toBe('unknown');
    }
  });
});
