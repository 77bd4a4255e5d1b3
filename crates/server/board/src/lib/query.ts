// Questions of one or several views: `POST /api/query`, and the panels that a view is drawn as.

import { postJson } from './api';
import type { Spread } from './groups';
import { join, type SearchAnswer } from './search';
import { summaryQuery, type StreamName, type View } from './url';

/** What the server measures; a number that no call has is null. */
export const MEASURES = [
  'calls', 'errors', 'error_rate', 'cancelled', 'running', 'priced_calls', 'unpriced_calls', 'estimated_calls', 'counted_calls',
  'cost_usd', 'mean_cost_usd', 'input_tokens', 'output_tokens', 'total_tokens', 'cached_tokens', 'reasoning_tokens', 'cached_share',
  'mean_input_tokens', 'mean_output_tokens', 'mean_total_tokens', 'mean_ms', 'p50_ms', 'p90_ms', 'p95_ms', 'p99_ms',
  'ttfc_p50_ms', 'ttfc_p95_ms', 'output_tokens_per_s', 'first_started_at', 'last_started_at',
] as const;
export type Measure = (typeof MEASURES)[number];

export interface QueryView {
  name?: string;
  /** Fields that calls must meet in addition to the search of the question. */
  q?: string;
  /** Up to two properties. */
  group?: string[];
  /** With spans that are no calls of models. */
  spans?: boolean;
  /** Without it there is no series over time. */
  bins?: number;
  limit?: number;
  offset?: number;
  sort?: string;
  measures?: Measure[];
  /** `latency_ms`, ..., or `attr:PATH`, whose values are numbers. */
  numbers?: string[];
}

export type Measured = Partial<Record<Measure, number | null>>;
export type MeasuredSeries = Partial<Record<Measure, (number | null)[]>>;

export interface ViewGroup {
  /** A text for each property; the empty one is a missing value. */
  keys: string[];
  stats: Measured;
  series: MeasuredSeries | null;
  numbers: Record<string, Spread>;
}

export interface ViewAnswer {
  name: string | null;
  range: { from: number; to: number; bin_ms: number } | null;
  /** Left edges, in milliseconds since the epoch. */
  bins: number[] | null;
  totals: Measured;
  series: MeasuredSeries | null;
  groups: ViewGroup[];
  total: number;
  measured: number;
}

export interface QueryAnswer {
  version: number;
  search: SearchAnswer;
  views: ViewAnswer[];
}

/** Asks for several views of what a page looks at. */
export function fetchViews(
  name: StreamName,
  view: View,
  views: QueryView[],
  now: number,
  signal: AbortSignal,
  terms: string[] = [],
): Promise<QueryAnswer> {
  const selection = summaryQuery(name, { ...view, q: join(view.q, ...terms) }, now);
  const time = (of: string) => (selection.has(of) ? { [of]: Number(selection.get(of)) } : {});
  const body = { ...name, ...time('from'), ...time('to'), q: selection.get('q') ?? '', views };
  return postJson<QueryAnswer>('/api/query', body, signal);
}
