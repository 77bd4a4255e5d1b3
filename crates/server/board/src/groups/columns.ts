// The columns of tables of groups.

import type { Stats } from '../lib/api';
import * as format from '../lib/format';

export interface Figure {
  text: string;
  /** Shown on pointing at it. */
  title?: string;
  tone?: 'alarm' | 'muted';
  /** The length of a bar, from 0 to 1. */
  bar?: number;
}

/** What cells need of the other rows. */
export interface Context {
  most: number;
  costs: number;
  means: number;
  now: number;
}

export interface Column {
  title: string;
  /** What the server sorts by. */
  sort: string;
  /** Follows the number where there is no head over it. */
  label: string;
  hint?: string;
  figure: (stats: Stats, context: Context) => Figure;
}

export function contextOf(rows: { stats: Stats }[], now: number): Context {
  return {
    most: Math.max(1, ...rows.map(({ stats }) => stats.calls)),
    costs: format.costDecimals(rows.map(({ stats }) => stats.cost_usd)),
    means: format.costDecimals(rows.map(({ stats }) => stats.mean_cost_usd)),
    now,
  };
}

const unknown: Figure = { text: format.UNKNOWN, tone: 'muted' };

/** A cost, at least what is known of it; how many calls have one. */
export function costFigure(stats: Stats, decimals: number): Figure {
  const covered = stats.priced_calls === stats.calls;
  const title = covered ? undefined : `${format.count(stats.priced_calls)} of ${format.plural(stats.calls, 'call')} priced`;
  if (stats.cost_usd === null) return { ...unknown, title };
  return { text: `${covered ? '' : '≥ '}${format.costFixed(stats.cost_usd, decimals)}`, title };
}

function tokens(pick: (stats: Stats) => number | null, average: (stats: Stats) => number | null) {
  return (stats: Stats): Figure => {
    const sum = pick(stats);
    if (sum === null) return unknown;
    const counted =
      stats.counted_calls === stats.calls ? '' : `; ${format.count(stats.counted_calls)} of ${format.plural(stats.calls, 'call')} counted`;
    return { text: format.compact(sum), title: `${format.count(sum)}, ${format.mean(average(stats))} a call${counted}` };
  };
}

function duration(pick: (stats: Stats) => number | null, absent = format.UNKNOWN) {
  return (stats: Stats): Figure => {
    const ms = pick(stats);
    return ms === null ? { text: absent, tone: 'muted' } : { text: format.duration(ms) };
  };
}

const all = {
  calls: {
    title: 'Calls',
    sort: 'calls',
    label: 'calls',
    figure: ({ calls }, { most }) => ({ text: format.count(calls), bar: calls / most }),
  },
  errors: {
    title: 'Errors',
    sort: 'errors',
    label: 'errors',
    figure: ({ errors, calls }) => ({
      text: format.count(errors),
      tone: errors > 0 ? 'alarm' : 'muted',
      title: `${format.percent(errors, calls)} of ${format.plural(calls, 'call')}`,
    }),
  },
  rate: {
    title: 'Error rate',
    sort: 'error_rate',
    label: 'of them failed',
    figure: ({ errors, calls }) => ({
      text: format.percent(errors, calls),
      tone: errors > 0 ? 'alarm' : 'muted',
      bar: calls === 0 ? 0 : errors / calls,
    }),
  },
  cost: { title: 'Cost', sort: 'cost_usd', label: 'cost', figure: (stats, { costs }) => costFigure(stats, costs) },
  mean: {
    title: 'Mean cost',
    sort: 'mean_cost_usd',
    label: 'a call',
    hint: 'Of the calls with a known cost',
    figure: ({ mean_cost_usd }, { means }) =>
      mean_cost_usd === null ? unknown : { text: format.costFixed(mean_cost_usd, means) },
  },
  input: {
    title: 'Tokens in',
    sort: 'input_tokens',
    label: 'tokens in',
    figure: tokens((stats) => stats.input_tokens, (stats) => stats.mean_input_tokens),
  },
  output: {
    title: 'Tokens out',
    sort: 'output_tokens',
    label: 'tokens out',
    figure: tokens((stats) => stats.output_tokens, (stats) => stats.mean_output_tokens),
  },
  p50: { title: 'p50', sort: 'p50_ms', label: 'p50', hint: 'Half of the calls took less time', figure: duration((stats) => stats.p50_ms) },
  p95: { title: 'p95', sort: 'p95_ms', label: 'p95', hint: '95% of the calls took less time', figure: duration((stats) => stats.p95_ms) },
  first: {
    title: 'First chunk',
    sort: 'ttfc_p50_ms',
    label: 'first chunk',
    hint: 'Half of the streamed calls had their first chunk sooner; – without streamed calls',
    figure: duration((stats) => stats.ttfc_p50_ms, '–'),
  },
  last: {
    title: 'Last call',
    sort: 'last_started_at',
    label: '',
    figure: ({ last_started_at: last }, { now }) => ({
      text: format.ago(last, now),
      title: last === null ? undefined : format.dateTime(last),
      tone: 'muted',
    }),
  },
} satisfies Record<string, Column>;

export const COLUMNS: Record<keyof typeof all, Column> = all;
export type ColumnName = keyof typeof all;
