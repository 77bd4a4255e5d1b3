// A recorded request as a command for a shell. What was recorded is quoted, so
// that the shell takes all of it as one text; a key is never part of it.

import type { CallAnswer } from './api';

type Json = Record<string, unknown>;

/** Members that clients record next to the request's body. */
const ADDED = ['self', 'extra_headers', 'extra_query', 'timeout'];

/** Paths, and a member that a recorded body of each must have. */
const CHAT = { path: 'chat/completions', content: 'messages' };
const RESPONSES = { path: 'responses', content: 'input' };
const COMPLETIONS = { path: 'completions', content: 'prompt' };
const EMBEDDINGS = { path: 'embeddings', content: 'input' };

/** The command, or null where the request is of another kind or was not recorded. */
export function curlOf({ row, call }: Pick<CallAnswer, 'row' | 'call'>): string | null {
  const info = asObject(asObject(call.attributes)['spanloom']);
  const endpoint = endpointOf(row.operation, info['api_type'], row.op_name, call.inputs);
  if (endpoint === null || !isObject(call.inputs) || row.damaged) return null;
  if (info['content_sampled_out'] === true || Number(info['content_dropped_bytes'] ?? 0) > 0) return null;
  const body = Object.fromEntries(Object.entries(call.inputs).filter(([key]) => !ADDED.includes(key)));
  // The prompt of a response may be one that the provider has stored.
  const has = (key: string) => body[key] !== undefined && body[key] !== null;
  if (!has(endpoint.content) && !(endpoint === RESPONSES && has('prompt'))) return null;
  const base = row.provider === 'openai' ? 'https://api.openai.com/v1' : '$BASE_URL';
  return [
    `curl "${base}/${endpoint.path}"`,
    `  -H "authorization: Bearer $OPENAI_API_KEY"`,
    `  -H 'content-type: application/json'`,
    `  --data-raw ${quoted(visible(JSON.stringify(body)))}`,
  ].join(' \\\n');
}

function endpointOf(operation: string | null, api: unknown, name: string, inputs: unknown) {
  if (operation === 'embeddings') return EMBEDDINGS;
  if (operation === 'text_completion') return COMPLETIONS;
  if (operation !== 'chat') return null;
  const isResponse = api === 'responses' || (api === undefined && (name.includes('responses') || asObject(inputs)['messages'] === undefined));
  return isResponse ? RESPONSES : CHAT;
}

/** In single quotes nothing has a meaning for sh but the quote itself. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** JSON in which characters that a terminal obeys, or that reorder text, are escaped: the body stays the same. */
export function visible(json: string): string {
  return json.replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const asObject = (value: unknown): Json => (isObject(value) ? value : {});
