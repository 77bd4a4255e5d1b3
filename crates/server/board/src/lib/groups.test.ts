import { describe, expect, it } from 'vitest';
import { FEW_CALLS, findTerm, groupsQuery, isFew, narrowed, nextOrder, readOrder, readShown, selectionQuery, sortedBy, streamOf, valueTerm } from './groups';
import { readOwn, withOwn } from './own';
import { DEFAULTS, readPlace, readView, sectionPath } from './url';

const name = { entity: 'acme', project: 'agents', stream: 'weather' };

describe('the order of groups', () => {
  it('is read with its direction, and nonsense is the default', () => {
    expect(readOrder('cost_usd')).toBe('cost_usd');
    expect(readOrder('-p95_ms')).toBe('-p95_ms');
    for (const text of [undefined, null, '', 'what', '--calls']) expect(readOrder(text, '-last_started_at')).toBe('-last_started_at');
  });

  it('begins with the largest number and the first name, then turns around', () => {
    expect(nextOrder('-calls', 'cost_usd')).toBe('-cost_usd');
    expect(nextOrder('-cost_usd', 'cost_usd')).toBe('cost_usd');
    expect(nextOrder('cost_usd', 'cost_usd')).toBe('-cost_usd');
    expect(nextOrder('-calls', 'key')).toBe('key');
    expect(nextOrder('key', 'key')).toBe('-key');
    expect([sortedBy('key', 'key'), sortedBy('-key', 'key'), sortedBy('-key', 'calls')]).toEqual(['ascending', 'descending', 'none']);
  });
});

describe('the question', () => {
  it('has the search of the view and further terms', () => {
    const selection = selectionQuery(name, { ...DEFAULTS, q: 'rain', range: '1h' }, 3_600_000, ['has:user']);
    expect([...selection.keys()].sort()).toEqual(['entity', 'from', 'project', 'q', 'stream', 'to']);
    expect(selection.get('q')).toBe('rain has:user');
  });

  it('asks for at most 500 at once, from where the last answer ended', () => {
    const question = { by: ['model', 'attr:a'], order: '-calls', shown: 1_200, spans: true };
    const query = groupsQuery(new URLSearchParams(), question, 1_000);
    expect(query.getAll('group')).toEqual(['model', 'attr:a']);
    expect([query.get('limit'), query.get('offset'), query.get('spans')]).toEqual(['200', '1000', '1']);
    const first = groupsQuery(new URLSearchParams(), { by: ['user'], order: 'key', shown: 2_000 }, 0);
    expect([first.get('limit'), first.get('offset'), first.get('spans')]).toEqual(['500', null, null]);
  });

  it('shows a number of groups that makes sense', () => {
    expect([readShown(undefined, 12), readShown('62', 12), readShown('all', 12), readShown('-1', 12), readShown('x', 12)]).toEqual([12, 62, 2_000, 12, 12]);
  });
});

describe('terms', () => {
  it('find a part of a name in the usual cases', () => {
    expect(findTerm('model', ' ')).toBeNull();
    expect(findTerm('model', 'gPT')).toBe('model:(*gPT* OR *gpt* OR *Gpt* OR *GPT*)');
    expect(findTerm('thread', '7')).toBe('conversation:*7*');
    expect(findTerm('attr:params.audience', 'new "stu) *')).toBe('params.audience:(*new*stu* OR *New*Stu* OR *NEW*STU*)');
  });

  it('keep a value as it is', () => {
    expect(valueTerm('user', '')).toBe('user:""');
    expect(valueTerm('attr:params.audience', 'new "student"*')).toBe('params.audience:"new \\"student\\"*"');
    expect(valueTerm('attr:model', 'a')).not.toBe(valueTerm('model', 'a'));
  });

  it('join the search in a link, with the range and nothing else', () => {
    const view = readView('?range=24h&q=rain&group=user&sort=cost_usd&page=3&call=c');
    expect(readView(narrowed(view, [valueTerm('name', 'execute_tool search')]))).toEqual({
      ...DEFAULTS,
      range: '24h',
      q: 'rain name:"execute_tool search"',
    });
  });
});

describe('few calls', () => {
  it('are fewer than the threshold, and more than none', () => {
    expect([0, 1, FEW_CALLS - 1, FEW_CALLS].map(isFew)).toEqual([false, true, true, false]);
  });
});

describe('pages of a stream', () => {
  it('have addresses', () => {
    for (const section of ['conversations', 'tools', 'users', 'pivot', 'compare'] as const) {
      const place = readPlace(sectionPath(name, section));
      expect(place).toEqual({ kind: 'section', ...name, section });
      expect(streamOf(place)).toEqual(name);
    }
    expect(readPlace('/acme/agents/table/weather/what').kind).toBe('unknown');
  });

  it('keep parameters of their own after those of the view', () => {
    const own = readOwn('?range=1h&rows=attr%3Aa&order=&other=1');
    expect(own).toEqual({ rows: 'attr:a' });
    expect(withOwn('?range=1h', { ...own, order: '-calls' })).toBe('?range=1h&order=-calls&rows=attr%3Aa');
    expect(withOwn('', { rows: null })).toBe('');
    expect(withOwn('', own)).toBe('?rows=attr%3Aa');
  });
});
