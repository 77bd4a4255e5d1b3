import { describe, expect, it } from 'vitest';
import type { CallAnswer, Row } from '../lib/api';
import type { Message } from '../lib/conversation';
import { firstBreak } from '../lib/diff';
import { changedParameters, comparable, familyOf, previousOf, previousQuery, requestText } from './previous';

const row = (own: object) => ({ id: 'b', operation: 'chat', thread: null, attributes: {}, started_at: 5.5, ...own }) as Row;
const message = (role: string, text: string, from: 'request' | 'response' = 'request'): Message => ({
  role,
  name: null,
  from,
  parts: [{ kind: 'text', text }],
  finish: null,
});
const answer = (...messages: Message[]) => ({ conversation: { messages, inputs: [], vectors: null } });

describe('the family of a call', () => {
  it('is its prompt, or else its conversation', () => {
    const attributes = { 'otel.spanloom.prompt.hash': '00ff', 'otel.gen_ai.prompt.name': 'p' };
    expect(familyOf(row({ attributes, thread: 'c' }))).toEqual({ of: 'prompt', q: 'otel.spanloom.prompt.hash:00ff' });
    expect(familyOf(row({ attributes: { 'otel.gen_ai.prompt.name': 'a b' } }))?.q).toBe('otel.gen_ai.prompt.name:"a b"');
    expect(familyOf(row({ attributes: { prompt_template: 'x'.repeat(500) }, thread: 'c' }))).toEqual({ of: 'conversation', q: 'conversation:c' });
  });

  it('is none for a tool, or where nothing names one', () => {
    expect(familyOf(row({ operation: null, thread: 'c' }))).toBeNull();
    expect(familyOf(row({ attributes: { prompt_hashes: '1' } }))).toBeNull();
  });
});

it('the call before is asked for by time, and is of the same kind', () => {
  const name = { entity: 'e', project: 'p', stream: 's' };
  const query = previousQuery(name, row({}), { of: 'conversation', q: 'conversation:c' });
  expect(query.toString()).toBe('entity=e&project=p&stream=s&q=conversation%3Ac+has%3Aop&to=5.5&sort=-started_at&limit=50');
  const calls = [row({}), row({ id: 'tool', operation: null }), row({ id: 'a' })];
  expect(previousOf(row({}), { calls })?.id).toBe('a');
  expect(previousOf(row({}), { calls: [row({})] })).toBeNull();
});

it('requests are compared without their answers, roles included', () => {
  const [before, after] = [answer(message('user', 'hi'), message('assistant', 'x', 'response')), answer(message('user', 'ho'))];
  expect(requestText(before)).toBe('user:\nhi');
  expect(firstBreak(...comparable(before, after))).toEqual({ message: 1, character: 2 });
  expect(firstBreak(...comparable(answer(message('system', 'a')), answer(message('user', 'a'))))).toEqual({ message: 1, character: 1 });
});

it('parameters that differ are named', () => {
  const call = (inputs: unknown) => ({ inputs }) as CallAnswer['call'];
  expect(changedParameters(call({ model: 'a', messages: [1], n: 1, seed: 2 }), call({ model: 'b', messages: [2], n: 1 }))).toEqual(['model', 'seed']);
});
