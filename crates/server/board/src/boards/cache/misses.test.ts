import { describe, expect, it } from 'vitest';
import type { CallAnswer, Row } from '../../lib/api';
import { DEFAULTS } from '../../lib/url';
import { picked } from '../../explore/pick';
import { firstSegment, missesOf, missesQuery, partingOf, reasonOf, segmentsOf, termsOf, words } from './misses';

const name = { entity: 'e', project: 'p', stream: 's' };

function answer(texts: string[], more: { inputs?: unknown; attributes?: unknown } = {}): CallAnswer {
  const messages = texts.map((text) => ({ role: 'user', name: null, from: 'request', parts: [{ kind: 'text', text }], finish: null }));
  return {
    conversation: { messages, inputs: [], vectors: null },
    call: { inputs: more.inputs ?? {}, attributes: more.attributes ?? {} },
  } as unknown as CallAnswer;
}

const segments = (list: unknown) => ({ attributes: { spanloom: { prompt_cache: { segments: list } } } });

describe('misses', () => {
  it('without a reason are asked for with the verdict, since hits have no reason either', () => {
    const of = (reason: string, q = '') => picked(q, termsOf(reason).by, termsOf(reason).keys, false);
    expect(of('')).toBe('otel.spanloom.prompt_cache.result:cache_miss otel.spanloom.prompt_cache.miss_reason:""');
    expect(of('', of(''))).toBe('');
    expect(of('tools_changed')).toBe('otel.spanloom.prompt_cache.miss_reason:tools_changed');
  });
  it('are those of the verdict, or else long prompts without a cached token', () => {
    const query = (hasVerdict: boolean) => missesQuery(name, { ...DEFAULTS, q: 'model:m' }, 0, hasVerdict);
    expect(query(true).get('q')).toBe('model:m has:op otel.spanloom.prompt_cache.result:cache_miss');
    expect(query(false).get('q')).toBe('model:m has:op input:>1023');
    const rows = [0, null, 7, 0].map((cached_tokens) => ({ cached_tokens }) as Row);
    expect(missesOf(rows, false)).toHaveLength(2);
    expect(missesOf(rows, true)).toHaveLength(4);
  });

  it('have the reason of the provider in words', () => {
    expect(words(reasonOf({ attributes: { 'otel.spanloom.prompt_cache.miss_reason': 'tools_changed' } }) ?? '')).toBe('tools changed');
    expect(reasonOf({ attributes: {} })).toBeNull();
  });
});

describe('segments', () => {
  it('are read wherever the record keeps them, as a list or as its text', () => {
    const list = ['tools 1a', 'user 2b'];
    expect(segmentsOf(segments(list))).toEqual(list);
    expect(segmentsOf(segments(JSON.stringify(list)))).toEqual(list);
    expect(segmentsOf({ attributes: { otel: { 'spanloom.prompt_cache.segments': list } } })).toEqual(list);
    expect(segmentsOf(segments('tools'))).toBeNull();
    expect(segmentsOf({ attributes: null })).toBeNull();
  });

  it('part where the first differs', () => {
    expect(firstSegment(['tools 1', 'user 2'], ['tools 1', 'user 3', 'user 4'])).toEqual({ at: 2, name: 'user' });
    expect(firstSegment(['tools 1'], ['tools 1', 'user 3'])).toBeNull();
  });
});

describe('where two calls part', () => {
  it('is at the model or the tools, before all messages', () => {
    expect(partingOf(answer(['a'], { inputs: { model: 'x' } }), answer(['b'], { inputs: { model: 'y' } }))).toBe('Another model: all messages come after it.');
    const tools = (n: number) => answer(['a'], { inputs: { model: 'x', tools: [n] } });
    expect(partingOf(tools(1), tools(2))).toBe('Other tools: all messages come after them.');
  });

  it('is at a character of a message', () => {
    expect(partingOf(answer(['same', 'It is 10:00']), answer(['same', 'It is 10:01']))).toBe('Message 2 differs from character 11 on.');
    expect(partingOf(answer(['same']), answer(['same', 'more']))).toContain('may have expired');
  });

  it('is at a segment where there is no content', () => {
    const with_ = (list: string[]) => answer([], segments(list));
    expect(partingOf(with_(['system 1', 'user 2']), with_(['system 1', 'user 3']))).toBe('Segment 2 (user) is the first that differs.');
    expect(partingOf(answer([]), answer([]))).toContain('nothing to compare');
  });
});
