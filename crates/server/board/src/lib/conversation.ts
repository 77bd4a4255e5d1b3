// A recorded call as a conversation. Everything here came from a model or from
// a program we do not know: nothing is assumed, and nothing throws.

import type { Call } from './api';

export type Part =
  | { kind: 'text'; text: string }
  | { kind: 'reasoning'; text: string }
  | { kind: 'refusal'; text: string }
  | { kind: 'media'; label: string }
  | { kind: 'tool_call'; id: string | null; name: string; arguments: string; result: Part[] | null }
  | { kind: 'tool_result'; id: string | null; parts: Part[] }
  | { kind: 'other'; value: unknown };

export interface Message {
  role: string;
  name: string | null;
  from: 'request' | 'response';
  parts: Part[];
  finish: string | null;
}

export interface Conversation {
  messages: Message[];
  /** The texts of an embeddings request. */
  inputs: string[];
  /** How many vectors came back and how long each is. */
  vectors: { count: number; dimensions: number | null } | null;
}

type Json = Record<string, unknown>;

/** Members of a request that are its content, not its parameters. */
const CONTENT = ['messages', 'input'];

export function readConversation(call: Pick<Call, 'inputs' | 'output'>): Conversation {
  const inputs = asObject(call.inputs);
  const output = asObject(call.output);
  return {
    messages: pairTools([...requestMessages(inputs), ...choices(output)]),
    inputs: embeddingInputs(inputs),
    vectors: vectors(output),
  };
}

/** What was asked for besides the content: temperature, max_tokens, tools… */
export function requestParameters(call: Pick<Call, 'inputs'>): [string, unknown][] {
  return Object.entries(asObject(call.inputs)).filter(([key]) => !CONTENT.includes(key));
}

/** Leaves by dotted path; an array is one leaf. */
export function flatten(value: unknown, path = ''): [string, unknown][] {
  if (!isObject(value)) return path === '' ? [] : [[path, value]];
  const entries = Object.entries(value);
  if (entries.length === 0 && path !== '') return [[path, {}]];
  return entries.flatMap(([key, inner]) => flatten(inner, path === '' ? key : `${path}.${key}`));
}

function requestMessages(inputs: Json): Message[] {
  return asArray(inputs['messages']).map((raw) => openAiMessage(asObject(raw), 'request'));
}

function choices(output: Json): Message[] {
  return asArray(output['choices']).map((raw) => {
    const choice = asObject(raw);
    const message = openAiMessage(asObject(choice['message']), 'response');
    return { ...message, finish: asText(choice['finish_reason']) };
  });
}

function openAiMessage(raw: Json, from: Message['from']): Message {
  const role = asText(raw['role']) ?? (from === 'response' ? 'assistant' : 'user');
  const parts: Part[] = [];
  const reasoning = asText(raw['reasoning_content']);
  if (reasoning !== null && reasoning !== '') parts.push({ kind: 'reasoning', text: reasoning });
  parts.push(...contentParts(raw['content']));
  const refusal = asText(raw['refusal']);
  if (refusal !== null && refusal !== '') parts.push({ kind: 'refusal', text: refusal });
  for (const call of asArray(raw['tool_calls'])) parts.push(toolCall(asObject(call)));
  if (isObject(raw['function_call'])) parts.push(toolCall({ function: raw['function_call'] }));
  const id = asText(raw['tool_call_id']);
  const told = role === 'tool' ? [{ kind: 'tool_result' as const, id, parts }] : parts;
  return { role, name: asText(raw['name']), from, parts: told, finish: null };
}

function contentParts(content: unknown): Part[] {
  if (typeof content === 'string') return content === '' ? [] : [{ kind: 'text', text: content }];
  return asArray(content).map(contentPart);
}

function contentPart(raw: unknown): Part {
  if (typeof raw === 'string') return { kind: 'text', text: raw };
  const part = asObject(raw);
  const text = asText(part['text']);
  switch (part['type']) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return { kind: 'text', text: text ?? asText(part['content']) ?? '' };
    case 'refusal':
      return { kind: 'refusal', text: asText(part['refusal']) ?? '' };
    case 'image_url':
    case 'input_image':
      return { kind: 'media', label: imageLabel(part['image_url']) };
    case 'input_audio':
      return { kind: 'media', label: `audio · ${asText(asObject(part['input_audio'])['format']) ?? 'unknown format'}` };
    case 'file':
      return { kind: 'media', label: `file · ${asText(asObject(part['file'])['filename']) ?? 'unnamed'}` };
    default:
      return { kind: 'other', value: raw };
  }
}

function toolCall(raw: Json): Part {
  const called = asObject(raw['function'] ?? raw['custom']);
  return {
    kind: 'tool_call',
    id: asText(raw['id']),
    name: asText(called['name']) ?? 'unnamed',
    arguments: asJsonText(called['arguments'] ?? called['input']),
    result: null,
  };
}

/** Puts each tool's result under the call that asked for it. */
function pairTools(messages: Message[]): Message[] {
  const open = new Map<string, Extract<Part, { kind: 'tool_call' }>>();
  for (const { parts } of messages) {
    for (const part of parts) if (part.kind === 'tool_call' && part.id !== null) open.set(part.id, part);
  }
  return messages.filter((message) => {
    const left = message.parts.filter((part) => {
      const asked = part.kind === 'tool_result' && part.id !== null ? open.get(part.id) : undefined;
      if (part.kind !== 'tool_result' || asked === undefined || asked.result !== null) return true;
      asked.result = part.parts;
      return false;
    });
    const paired = left.length < message.parts.length;
    message.parts = left;
    return !(paired && left.length === 0);
  });
}

function embeddingInputs(inputs: Json): string[] {
  const input = inputs['input'];
  if (typeof input === 'string') return [input];
  // A list of numbers is one text given as token ids.
  if (Array.isArray(input) && input.every((item) => typeof item === 'number')) {
    return input.length === 0 ? [] : [`${input.length} token ids`];
  }
  return asArray(input).map((item) =>
    Array.isArray(item) ? `${item.length} token ids` : asJsonText(item),
  );
}

function vectors(output: Json): Conversation['vectors'] {
  const data = asArray(output['data']);
  if (data.length === 0) return null;
  const first = asObject(data[0])['embedding'];
  return { count: data.length, dimensions: Array.isArray(first) ? first.length : null };
}

/** Says what an image is. It is never loaded: its address is another's host. */
function imageLabel(raw: unknown): string {
  const url = asText(raw) ?? asText(asObject(raw)['url']) ?? '';
  const inline = /^data:([^;,]*)[^,]*,/.exec(url);
  if (inline === null) return url === '' ? 'image' : `image · ${url.slice(0, 300)}`;
  return `image · ${inline[1] || 'unknown type'}, ${kilobytes(url.length - inline[0].length)} inline`;
}

const kilobytes = (base64: number) => `${Math.max(1, Math.round((base64 * 3) / 4 / 1000))} kB`;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const asObject = (value: unknown): Json => (isObject(value) ? value : {});
const asArray = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const asText = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const asJsonText = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
