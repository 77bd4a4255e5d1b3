// What the server reads out of a call, and the rest of it. Everything here came from a model or from a program we do not
// know: nothing is assumed, and nothing throws.

import type { Call } from './api';

export type Part =
  | { kind: 'text'; text: string }
  | { kind: 'reasoning'; text: string }
  | { kind: 'refusal'; text: string }
  | { kind: 'media'; label: string; data: string | null }
  | { kind: 'tool_call'; id: string | null; name: string; arguments: string; result: Part[] | null }
  | { kind: 'tool_result'; id: string | null; parts: Part[] }
  | { kind: 'other'; json: string };

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
const CONTENT = ['messages', 'input', 'prompt', 'instructions'];

/** How far down leaves are named; what lies deeper is one leaf. */
const DEEPEST = 32;

/** What was asked for besides the content: temperature, max_tokens, tools… */
export function requestParameters(call: Pick<Call, 'inputs'>): [string, unknown][] {
  return Object.entries(asObject(call.inputs)).filter(([key]) => !CONTENT.includes(key));
}

/** Leaves by dotted path; an array is one leaf. */
export function flatten(value: unknown, path = '', depth = 0): [string, unknown][] {
  if (!isObject(value) || depth === DEEPEST) return path === '' ? [] : [[path, value]];
  const entries = Object.entries(value);
  if (entries.length === 0 && path !== '') return [[path, {}]];
  return entries.flatMap(([key, inner]) => flatten(inner, path === '' ? key : `${path}.${key}`, depth + 1));
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const asObject = (value: unknown): Json => (isObject(value) ? value : {});
