import { describe, expect, it } from 'vitest';
import { DEFAULTS, boardPath, objectPath, readPlace, readView, writeView, type View } from './url';

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
      model: ['gpt-4o-mini', ''],
      attr: [['params.equation', '15 * (2 - 6) / 4 = a&b']],
      sort: '-cost_usd',
      page: 3,
      call: '00f067aa0ba902b7',
      tab: 'raw',
    };
    expect(readView(writeView(view))).toEqual(view);
  });

  it('takes nonsense for the default', () => {
    expect(readView('?range=what&page=-3&from=x&tab=none')).toEqual(DEFAULTS);
  });
});

describe('places', () => {
  it('keep names with spaces', () => {
    const name = { entity: 'my team', project: 'p', stream: 's.1' };
    expect(readPlace(boardPath(name))).toEqual({ kind: 'board', ...name });
  });

  it('are told apart', () => {
    expect(readPlace('/').kind).toBe('streams');
    expect(readPlace('/e/p/weave')).toEqual({ kind: 'streams', entity: 'e', project: 'p' });
    const project = { kind: 'streams', entity: 'e', project: 'p' };
    expect(readPlace('/e/p/weave/agents')).toEqual(project);
    expect(readPlace('/e/p/weave/agents/conversations/c%201')).toEqual(project);
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
