import { describe, expect, it } from 'vitest';
import { flatten, readConversation } from './conversation';

describe('a conversation', () => {
  it('puts a tool’s result under its call', () => {
    const call = { id: 't1', function: { name: 'get_weather', arguments: '{"city":"Paris"}' } };
    const { messages } = readConversation({
      inputs: {
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'look' }, { type: 'image_url', image_url: { url: 'https://x/y.png' } }] },
          { role: 'assistant', content: null, tool_calls: [call] },
          { role: 'tool', tool_call_id: 't1', content: '21 degrees' },
        ],
      },
      output: { choices: [{ message: { role: 'assistant', content: 'mild' }, finish_reason: 'stop' }] },
    });
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'assistant']);
    expect(messages[1]?.parts[0]).toMatchObject({ kind: 'tool_call', result: [{ kind: 'text', text: '21 degrees' }] });
    expect(messages[2]).toMatchObject({ finish: 'stop', from: 'response' });
  });

  it('is empty for anything else, and never throws', () => {
    for (const odd of [null, 5, 'text', [], { messages: 'no list' }, { messages: [null, 5, { content: 7 }] }]) {
      expect(() => readConversation({ inputs: odd as never, output: odd as never })).not.toThrow();
    }
  });
});

describe('leaves', () => {
  it('are named by their path', () => {
    expect(flatten({ a: { b: 1 }, c: [1, 2] })).toEqual([['a.b', 1], ['c', [1, 2]]]);
  });
});
