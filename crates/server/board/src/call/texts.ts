// A message as plain text, to be copied.

import type { Message, Part } from '../lib/conversation';

export function messageText({ parts }: Pick<Message, 'parts'>): string {
  return parts.map(partText).join('\n\n');
}

function partText(part: Part): string {
  switch (part.kind) {
    case 'media':
      return `[${part.label}]`;
    case 'tool_call':
      return [`${part.name}(${part.arguments})`, ...(part.result ?? []).map(partText)].join('\n');
    case 'tool_result':
      return part.parts.map(partText).join('\n');
    case 'other':
      return part.json;
    default:
      return part.text;
  }
}
