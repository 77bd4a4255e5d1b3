// The figures at the top of a board, in words.

import { rate, throughput } from '../charts/throughput';
import type { Summary } from '../lib/api';
import * as format from '../lib/format';

export interface Figure {
  label: string;
  value: string;
  note: string;
  alarm?: boolean;
  /** What exactly is counted, for a pointer that asks. */
  why?: string;
}

/** What there is to know, with its name. */
const note = (ms: number | null, name: string) => (ms === null ? '' : `${name} ${format.duration(ms)}`);

const list = (...texts: string[]) => texts.filter((text) => text !== '').join(' · ');

export function figures(summary: Summary, now: number, to: number | null = null): Figure[] {
  const { totals } = summary;
  const all = known(summary, now, to);
  // Where there are no calls nothing is unknown: there is nothing to know.
  return totals.calls > 0 ? all : all.map(({ label }, at) => ({ label, value: at === 0 ? '0' : '–', note: '' }));
}

function known(summary: Summary, now: number, to: number | null): Figure[] {
  const { totals } = summary;
  const uncounted = totals.input_tokens === null && totals.output_tokens === null;
  const tokens = uncounted ? null : (totals.input_tokens ?? 0) + (totals.output_tokens ?? 0);
  const troubles = list(
    totals.errors > 0 ? format.plural(totals.errors, 'error') : '',
    totals.cancelled > 0 ? `${format.count(totals.cancelled)} cancelled` : '',
    totals.running > 0 ? `${format.count(totals.running)} running` : '',
  );
  return [
    {
      label: 'Model calls',
      value: format.compact(totals.calls),
      note: troubles === '' ? 'no errors' : troubles,
      alarm: totals.errors > 0,
    },
    flow(summary, now, to),
    {
      label: 'Cost',
      value: format.cost(totals.cost_usd),
      note:
        totals.priced_calls === totals.calls
          ? 'all calls priced'
          : `${format.count(totals.priced_calls)} of ${format.count(totals.calls)} priced`,
    },
    {
      label: 'Tokens',
      value: format.compact(tokens),
      note: tokens === null ? '' : `${format.compact(totals.input_tokens)} in · ${format.compact(totals.output_tokens)} out`,
    },
    {
      label: 'Latency p50',
      value: format.duration(totals.p50_ms),
      note: list(note(totals.p95_ms, 'p95'), note(totals.p99_ms, 'p99')),
      why: `Of all calls that have ended${totals.errors + totals.cancelled > 0 ? ', failed and cancelled ones too' : ''}`,
    },
    {
      label: 'First chunk p50',
      // Nothing streamed is nothing to know, which is not the same as unknown.
      value: totals.ttfc_p50_ms === null ? '–' : format.duration(totals.ttfc_p50_ms),
      note: totals.ttfc_p50_ms === null ? 'none streamed' : note(totals.ttfc_p95_ms, 'p95'),
      why: 'Of streamed calls from which something came',
    },
    {
      label: 'Output speed',
      value: format.mean(totals.output_tokens_per_s),
      note: 'tokens/s, mean',
      why: 'Output tokens of all calls, by the time that these calls took: a mean, not a median',
    },
    {
      label: 'Error rate',
      value: format.percent(totals.errors, totals.calls),
      note: `${format.count(totals.errors)} of ${format.count(totals.calls)}`,
      alarm: totals.errors > 0,
    },
    {
      label: 'Cached input',
      value: totals.cached_tokens === null ? format.UNKNOWN : format.percent(totals.cached_tokens, totals.input_tokens),
      note: totals.cached_tokens === null ? '' : `${format.compact(totals.cached_tokens)} tokens`,
    },
  ];
}

function flow(summary: Summary, now: number, to: number | null): Figure {
  const label = 'Calls per minute';
  const found = throughput(summary, now, to);
  if (found === null) return { label, value: '–', note: 'below a minute', why: 'There is no whole minute in the range' };
  const stretch = format.step(found.length);
  return {
    label,
    value: rate(found.last),
    note: `${found.isNow ? 'now' : 'latest'}, peak ${rate(found.peak)}`,
    why: `In the last ${stretch} that are over, from ${format.dateTime(found.from)}; the peak is that of the busiest ${stretch}`,
  };
}
