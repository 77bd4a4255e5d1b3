// Where the time of a call went.

import type { CallAnswer } from '../lib/api';

export interface Phase {
  name: 'queue' | 'waiting' | 'streaming' | 'answer';
  ms: number;
}

type Json = Record<string, unknown>;
const asObject = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});

/** How long servers such as vLLM report that a request stood in their queue, in seconds. */
const QUEUE = ['gen_ai.latency.time_in_queue', 'gen_ai.server.time_in_queue'];

/** One phase after the other; empty where the time as a whole is all that is known. */
export function phases({ row, call }: Pick<CallAnswer, 'row' | 'call'>): Phase[] {
  const total = row.latency_ms;
  if (total === null || total <= 0) return [];
  const otel = asObject(asObject(call.attributes)['otel']);
  const seconds = QUEUE.map((name) => otel[name]).find((value) => typeof value === 'number' && value >= 0);
  const first = row.ttfc_ms === null ? null : Math.min(row.ttfc_ms, total);
  const queue = seconds === undefined ? null : Math.min(1000 * Number(seconds), first ?? total);
  if (first === null && queue === null && (row.attempts ?? 1) < 2) return [];
  const found: Phase[] = queue === null ? [] : [{ name: 'queue', ms: queue }];
  if (first === null) return [...found, { name: 'answer', ms: total - (queue ?? 0) }];
  return [...found, { name: 'waiting', ms: first - (queue ?? 0) }, { name: 'streaming', ms: total - first }];
}
