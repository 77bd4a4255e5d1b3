import { expect, test } from 'vitest';
import { messageText } from './texts';

test('a message is copied as it reads, its tools with their results', () => {
  expect(
    messageText({
      parts: [
        { kind: 'text', text: 'Let me look.' },
        { kind: 'media', label: 'image/png', data: null },
        { kind: 'tool_call', id: 'c', name: 'weather', arguments: '{"city":"Bonn"}', result: [{ kind: 'text', text: 'rain' }] },
        { kind: 'tool_result', id: 'd', parts: [{ kind: 'other', json: '{}' }] },
      ],
    }),
  ).toBe('Let me look.\n\n[image/png]\n\nweather({"city":"Bonn"})\nrain\n\n{}');
});
