// The call that one is compared with: the one before it of the same prompt, or
// else of the same conversation.

import type { CallAnswer, Calls, Row } from '../lib/api';
import type { Message } from '../lib/conversation';
import { requestParameters } from '../lib/conversation';
import { exactly, fieldOf, join, writeTerm } from '../lib/search';
import type { StreamName } from '../lib/url';
import { messageText } from './texts';

export interface Family {
  of: 'prompt' | 'conversation';
  /** The search that finds its calls. */
  q: string;
}

/** Attributes that name a prompt, the most exact first. */
const PROMPTS = [
  /(^|\.)prompt[._]hash$/,
  /(^|\.)template[._](hash|id|name)$/,
  /(^|\.)prompt[._](id|name)$/,
  /(^|\.)prompt_template$/,
];

/** A longer value is a text, and makes too long an address. */
const LONGEST = 400;

/** How many calls are looked through for one of the same kind: tools stand between those of a conversation. */
const MOST = 50;

export function familyOf(row: Row): Family | null {
  if (row.operation === null) return null;
  const attributes = Object.entries(row.attributes).filter(([, value]) => value !== '' && value.length <= LONGEST);
  for (const pattern of PROMPTS) {
    const found = attributes.find(([path]) => pattern.test(path));
    if (found !== undefined) return { of: 'prompt', q: writeTerm(fieldOf(`attr:${found[0]}`), [exactly(found[1])]) };
  }
  return row.thread === null ? null : { of: 'conversation', q: writeTerm('conversation', [exactly(row.thread)]) };
}

export function previousQuery(name: StreamName, row: Row, { q }: Family): URLSearchParams {
  // Spans of tools and agents have no operation; many of them would hide the call.
  return new URLSearchParams({ ...name, q: join(q, 'has:op'), to: String(row.started_at), sort: '-started_at', limit: String(MOST) });
}

export function previousOf(row: Row, { calls }: Pick<Calls, 'calls'>): Row | null {
  return calls.find(({ id, operation }) => id !== row.id && operation === row.operation) ?? null;
}

const asked = ({ conversation }: Pick<CallAnswer, 'conversation'>): Message[] =>
  conversation.messages.filter(({ from }) => from === 'request');

/** The request to read: its messages one after the other. */
export function requestText(answer: Pick<CallAnswer, 'conversation'>): string {
  const messages = asked(answer).map((message) => `${message.role}:\n${messageText(message)}`);
  return [...answer.conversation.inputs, ...messages].join('\n\n');
}

/** The texts of the messages of two requests, to find where they part. */
export function comparable(before: Pick<CallAnswer, 'conversation'>, after: Pick<CallAnswer, 'conversation'>): [string[], string[]] {
  const [left, right] = [asked(before), asked(after)];
  const texts = (own: Message[], others: Message[]) =>
    own.map((message, at) => {
      // What a picture shows is part of the request, though not of its text.
      const media = message.parts.map((part) => (part.kind === 'media' ? (part.data ?? '') : '')).join('');
      const role = (others[at]?.role ?? message.role) === message.role ? '' : `${message.role}: `;
      return role + messageText(message) + media;
    });
  return [
    [...before.conversation.inputs, ...texts(left, right)],
    [...after.conversation.inputs, ...texts(right, left)],
  ];
}

/** Names of the parameters that differ: the model, the tools, the temperature. */
export function changedParameters(before: CallAnswer['call'], after: CallAnswer['call']): string[] {
  const [left, right] = [new Map(requestParameters(before)), new Map(requestParameters(after))];
  const names = new Set([...left.keys(), ...right.keys()]);
  return [...names].filter((name) => JSON.stringify(left.get(name)) !== JSON.stringify(right.get(name)));
}
