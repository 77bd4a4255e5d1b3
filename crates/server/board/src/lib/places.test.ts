import { describe, expect, it } from 'vitest';
import type { Stats } from './api';
import { byProject, sparkPath, streamsOf, totalsOf, type PlaceStream } from './places';
import { conversationPath, entityPath, projectPath, readPlace, tracePath } from './url';

const stream = (path: string, calls: number, stats?: Partial<Stats>): PlaceStream => {
  const [entity = '', project = '', name = ''] = path.split('/');
  const one: PlaceStream = { entity, project, stream: name, calls, last_started_at: calls === 0 ? null : calls };
  if (stats !== undefined) {
    const none = { errors: 0, priced_calls: 0, cost_usd: null, input_tokens: null, output_tokens: null };
    one.stats = { calls, ...none, ...stats } as Stats;
  }
  return one;
};

const streams = [
  stream('acme/agents/weather', 10, { errors: 1, priced_calls: 8, cost_usd: 0.5, input_tokens: 100 }),
  stream('demo/cookbook/logs', 4, { priced_calls: 4, cost_usd: 0.25, input_tokens: 50, output_tokens: 5 }),
  stream('acme/agents/mail', 2, {}),
];

describe('totals', () => {
  it('are sums of what is known', () => {
    expect(totalsOf(streams)).toEqual({
      streams: 3,
      spans: 16,
      calls: 16,
      errors: 1,
      priced: 12,
      cost: 0.75,
      input: 150,
      output: 5,
      last: 10,
      measured: 3,
    });
    expect(totalsOf([stream('a/b/c', 0, {})])).toMatchObject({ cost: null, last: null });
    expect(totalsOf([stream('a/b/c', 3)])).toMatchObject({ spans: 3, calls: 0, measured: 0 });
  });

  it('are given by project', () => {
    const groups = byProject(streams);
    expect(groups.map(({ entity, project, totals }) => `${entity}/${project} ${totals.calls}`)).toEqual([
      'acme/agents 12',
      'demo/cookbook 4',
    ]);
  });
});

it('finds streams by place and by words', () => {
  const names = (...args: [string | null, string | null, string?]) => streamsOf(streams, ...args).map((one) => one.stream);
  expect(names(null, null)).toEqual(['weather', 'logs', 'mail']);
  expect(names('acme', null)).toEqual(['weather', 'mail']);
  expect(names('acme', 'cookbook')).toEqual([]);
  expect(names(null, null, ' AGENTS  ma')).toEqual(['mail']);
});

it('draws a bar for each bin that has calls', () => {
  expect(sparkPath([0, 0], 20, 10)).toBe('');
  expect(sparkPath([], 20, 10)).toBe('');
  expect(sparkPath([4, 0, 2, 0.001], 40, 10)).toBe('M0 10v-10h9V10zM20 10v-5h9V10zM30 10v-1.5h9V10z');
});

it('reads back the addresses of places', () => {
  const at = { entity: 'my team', project: 'p/q' };
  expect(readPlace(entityPath('my team'))).toEqual({ kind: 'streams', entity: 'my team', project: null });
  expect(readPlace('/my%20team/p%2Fq')).toEqual({ kind: 'streams', ...at });
  expect(readPlace(projectPath(at.entity, at.project))).toEqual({ kind: 'streams', ...at });
  expect(readPlace(tracePath(at.entity, at.project, '00ff'))).toEqual({ kind: 'trace', ...at, id: '00ff' });
  const name = { ...at, stream: 's 1' };
  expect(readPlace(conversationPath(name, 'c/1'))).toEqual({ kind: 'conversation', ...name, id: 'c/1' });
  for (const path of ['/e/p/weave/traces', '/e/p/weave/traces/a/b', '/e/p/table/s/what', '/e/p/table/s/c/1']) {
    expect(readPlace(path).kind).toBe('unknown');
  }
});
