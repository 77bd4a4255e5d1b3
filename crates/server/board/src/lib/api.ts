// The board's read API: its types, one for one, and one way to fetch them.

import type { Conversation } from './conversation';
import type { SearchAnswer } from './search';

export interface Info {
  name: string;
  version: string;
  base_url: string;
  otlp_http: string | null;
  space: Space;
}

/** How much the server holds, and the room that it takes, in bytes. */
export interface Space {
  calls: number;
  memory_bytes: number;
  /** Of the database, without the room that removed calls have left. */
  used_bytes: number;
  file_bytes: number;
  /** The oldest calls are removed when more is used. */
  max_bytes: number | null;
  /** Calls are removed when they are older, in seconds. */
  max_age_s: number | null;
}

export interface Stream {
  entity: string;
  project: string;
  stream: string;
  calls: number;
  last_started_at: number | null;
}

export interface Stats {
  calls: number;
  errors: number;
  cancelled: number;
  running: number;
  priced_calls: number;
  estimated_calls: number;
  counted_calls: number;
  cost_usd: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  cached_tokens: number | null;
  reasoning_tokens: number | null;
  mean_cost_usd: number | null;
  mean_input_tokens: number | null;
  mean_output_tokens: number | null;
  mean_total_tokens: number | null;
  mean_ms: number | null;
  p50_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
  ttfc_p50_ms: number | null;
  ttfc_p95_ms: number | null;
  output_tokens_per_s: number | null;
  first_started_at: number | null;
  last_started_at: number | null;
}

/** Columns, one entry a bin. */
export interface Series {
  calls: number[];
  errors: number[];
  unpriced: number[];
  cost_usd: (number | null)[];
  input_tokens: (number | null)[];
  output_tokens: (number | null)[];
  p50_ms: (number | null)[];
  p95_ms: (number | null)[];
  mean_ms: (number | null)[];
  cancelled?: number[];
  /** Parts of the input and of the output. */
  cached_tokens?: (number | null)[];
  reasoning_tokens?: (number | null)[];
  ttfc_p50_ms?: (number | null)[];
  ttfc_p95_ms?: (number | null)[];
}

export interface Group {
  key: string;
  stats: Stats;
  series: Series;
}

/** An attribute that calls in range have. */
export interface Attribute {
  path: string;
  /** How many there are in range. */
  values: number;
}

export interface Summary {
  range: { from: number; to: number; bin_ms: number };
  bins: number[];
  totals: Stats;
  all: Series;
  groups: Group[];
  groups_total: number;
  models: { key: string; calls: number }[];
  attributes: Attribute[];
  search: SearchAnswer;
}

export type Status = 'success' | 'error' | 'running';

export interface Row {
  id: string;
  trace_id: string;
  parent_id: string | null;
  op_name: string;
  display_name: string | null;
  operation: string | null;
  provider: string | null;
  model: string | null;
  request_model: string | null;
  user: string | null;
  /** The id of the conversation. */
  thread: string | null;
  status: Status;
  outcome: 'completed' | 'cancelled' | 'error' | 'unknown' | null;
  exception: string | null;
  streamed: boolean;
  started_at: number;
  latency_ms: number | null;
  ttfc_ms: number | null;
  attempts: number | null;
  /** Whether the call counts in sums, or calls below it report the same tokens. */
  counts: boolean;
  input_tokens: number | null;
  output_tokens: number | null;
  total_tokens: number | null;
  cached_tokens: number | null;
  reasoning_tokens: number | null;
  /** Rough: counted with the tokenizer of another model. */
  usage_source: 'reported' | 'estimated' | 'rough' | null;
  cost_usd: number | null;
  cost_source: 'reported' | 'priced' | 'estimated' | null;
  prompt: string | null;
  completion: string | null;
  attributes: Record<string, string>;
  /** The database has lost the content; the numbers are left. */
  damaged: boolean;
}

export interface Calls {
  total: number;
  calls: Row[];
  search: SearchAnswer;
}

export interface Cost {
  total_usd?: number | null;
  input_usd?: number | null;
  output_usd?: number | null;
  source?: string | null;
  price_date?: string | null;
}

/** A Weave call object. What the program recorded is not ours to type. */
export interface Call {
  id: string;
  op_name: string;
  started_at: string;
  ended_at: string | null;
  inputs: unknown;
  output: unknown;
  attributes: unknown;
  summary: { cost?: Cost | null } | null;
  exception: string | null;
}

/** Sums over the calls below one that does not count. */
export interface Below {
  calls: number;
  errors: number;
  /** Those whose cost is known. */
  priced_calls: number;
  input_tokens: number | null;
  output_tokens: number | null;
  total_tokens: number | null;
  cost_usd: number | null;
}

export interface CallAnswer {
  row: Row;
  below: Below | null;
  stream: string;
  conversation: Conversation;
  feedback: Feedback[];
  call: Call;
}

/** A score, a reaction or a note on a call, as in W&B's API. */
export interface Feedback {
  id: string;
  feedback_type: string;
  payload: Record<string, unknown>;
  /** Who gave it, where that is known. */
  creator?: string | null;
}

/** The newest version of an object. */
export interface ListedObject {
  name: string;
  class: string | null;
  digest: string;
  versions: number;
  created_at: number;
}

/** A version of an object that one of W&B's clients has published. */
export interface PublishedObject {
  name: string;
  kind: 'op' | 'object';
  class: string | null;
  digest: string;
  versions: ObjectVersion[];
  value: unknown;
  code: string | null;
  rows: { count: number; first: Record<string, unknown>[] } | null;
}

export interface ObjectVersion {
  digest: string;
  number: number;
  created_at: number;
  bytes: number;
  tags: string[];
  aliases: string[];
}

/** The server answered, and the answer was no. */
export class Refusal extends Error {
  /** `isReasoned` where the reason is the server's own: a proxy in front of it gives none. */
  constructor(
    readonly status: number,
    reason: string,
    readonly isReasoned = false,
  ) {
    super(reason);
  }

  /** Whether it is the way to the server, not the question, that failed. */
  get unreachable(): boolean {
    return this.isGateway && !this.isReasoned;
  }

  /** Whether the server is there and has no capacity for an answer: asking soon again would make it worse. */
  get isBusy(): boolean {
    return this.isGateway && this.isReasoned;
  }

  private get isGateway(): boolean {
    return this.status >= 502 && this.status <= 504;
  }
}

/** The server gave no answer in the time that one may take. */
export class TooSlow extends Error {
  constructor(cause: unknown) {
    super('the server took too long', { cause });
  }
}

/** Why something failed, in words for the page. */
export const reason = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** Of a change, which is made whichever place is looked at when the answer comes. */
export const always = () => new AbortController().signal;

/** A server that takes longer is as good as none: what is on screen must not look current for minutes. */
const LONGEST_MS = 15_000;

export function fetchJson<T>(path: string, query: URLSearchParams, signal: AbortSignal): Promise<T> {
  return requestJson<T>('GET', path, query, signal);
}

export function requestJson<T>(method: 'GET' | 'DELETE', path: string, query: URLSearchParams, signal: AbortSignal): Promise<T> {
  const text = query.toString();
  return inTime((limit) => answerOf<T>(text === '' ? path : `${path}?${text}`, limit, { method }), signal);
}

export function postJson<T>(path: string, body: unknown, signal: AbortSignal): Promise<T> {
  const init = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  return inTime((limit) => answerOf<T>(path, limit, init), signal);
}

async function inTime<T>(ask: (limit: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
  const limit = AbortSignal.timeout(LONGEST_MS);
  try {
    return await ask(AbortSignal.any([signal, limit]));
  } catch (error) {
    // Some browsers report an answer cut off by the limit as abandoned by the page.
    if (limit.aborted && !signal.aborted && !(error instanceof Refusal)) throw new TooSlow(error);
    throw error;
  }
}

async function answerOf<T>(address: string, signal: AbortSignal, init: RequestInit = {}): Promise<T> {
  const headers = { ...init.headers, accept: 'application/json' };
  const answer = await fetch(address, { ...init, signal, headers, cache: 'no-store' });
  if (answer.ok) return (await answer.json()) as T;
  const body: unknown = await answer.json().catch(() => null);
  if (typeof body === 'object' && body !== null && 'reason' in body) throw new Refusal(answer.status, String(body.reason), true);
  throw new Refusal(answer.status, `the server answered ${answer.status}`);
}
