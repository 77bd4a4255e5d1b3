// What is known about each measure: its words, how its numbers are written, and
// whether the numbers of groups add up.

import * as format from '../lib/format';
import { MEASURES, type Measure } from '../lib/query';

export type Kind = 'count' | 'money' | 'tokens' | 'duration' | 'share' | 'speed' | 'time' | 'number';

/** A sum or a mean of an attribute whose values are numbers: `number:sum:attr:PATH`. */
export type NumberMeasure = `number:${string}`;
export type PanelMeasure = Measure | NumberMeasure;
export type NumberStat = 'sum' | 'mean';

export interface About {
  /** In the middle of a sentence. */
  word: string;
  kind: Kind;
  /** Whether the sum over groups is the number of all: only then may bars stand on each other. */
  adds: boolean;
}

const counted = (word: string): About => ({ word, kind: 'count', adds: true });
const tokens = (word: string, adds = true): About => ({ word, kind: 'tokens', adds });
const duration = (word: string): About => ({ word, kind: 'duration', adds: false });
const time = (word: string): About => ({ word, kind: 'time', adds: false });

const ABOUT: Record<Measure, About> = {
  calls: counted('calls'),
  errors: counted('errors'),
  error_rate: { word: 'error rate', kind: 'share', adds: false },
  cancelled: counted('cancelled calls'),
  running: counted('running calls'),
  priced_calls: counted('priced calls'),
  unpriced_calls: counted('unpriced calls'),
  estimated_calls: counted('calls of estimated cost'),
  counted_calls: counted('calls of known tokens'),
  cost_usd: { word: 'cost', kind: 'money', adds: true },
  mean_cost_usd: { word: 'mean cost', kind: 'money', adds: false },
  input_tokens: tokens('input tokens'),
  output_tokens: tokens('output tokens'),
  total_tokens: tokens('tokens'),
  cached_tokens: tokens('cached input tokens'),
  reasoning_tokens: tokens('reasoning tokens'),
  cached_share: { word: 'cached share of input', kind: 'share', adds: false },
  mean_input_tokens: tokens('mean input tokens', false),
  mean_output_tokens: tokens('mean output tokens', false),
  mean_total_tokens: tokens('mean tokens', false),
  mean_ms: duration('mean latency'),
  p50_ms: duration('p50 latency'),
  p90_ms: duration('p90 latency'),
  p95_ms: duration('p95 latency'),
  p99_ms: duration('p99 latency'),
  ttfc_p50_ms: duration('p50 time to the first chunk'),
  ttfc_p95_ms: duration('p95 time to the first chunk'),
  output_tokens_per_s: { word: 'output tokens per second', kind: 'speed', adds: false },
  first_started_at: time('first call'),
  last_started_at: time('last call'),
};

/** The measures as a choice lists them. */
export const MEASURE_LISTS: [title: string, measures: Measure[]][] = [
  ['Calls', ['calls', 'errors', 'error_rate', 'cancelled', 'running']],
  ['Cost', ['cost_usd', 'mean_cost_usd', 'unpriced_calls', 'priced_calls', 'estimated_calls']],
  ['Latency', ['p50_ms', 'p90_ms', 'p95_ms', 'p99_ms', 'mean_ms', 'ttfc_p50_ms', 'ttfc_p95_ms', 'output_tokens_per_s']],
  ['Tokens', ['total_tokens', 'input_tokens', 'output_tokens', 'cached_tokens', 'reasoning_tokens', 'cached_share', 'mean_total_tokens', 'mean_input_tokens', 'mean_output_tokens', 'counted_calls']],
  ['Time', ['first_started_at', 'last_started_at']],
];

export const isMeasure = (text: string): text is Measure => (MEASURES as readonly string[]).includes(text);

/** The parts of a measure that is a number of calls; null for one of the server's own. */
export function numberOf(measure: PanelMeasure): { stat: NumberStat; name: string } | null {
  if (!measure.startsWith('number:')) return null;
  const text = measure.slice('number:'.length);
  if (text.startsWith('mean:')) return { stat: 'mean', name: text.slice('mean:'.length) };
  return { stat: 'sum', name: text.startsWith('sum:') ? text.slice('sum:'.length) : text };
}

export const isPanelMeasure = (text: string): text is PanelMeasure =>
  isMeasure(text) || (text.startsWith('number:') && numberOf(text as PanelMeasure)?.name !== '');

export function aboutMeasure(measure: PanelMeasure): About {
  const number = numberOf(measure);
  if (number === null) return ABOUT[measure as Measure];
  const path = format.groupName(number.name);
  const kind = /(^|[._])(usd|cost)$/i.test(path) ? 'money' : /_ms$/i.test(path) ? 'duration' : /tokens?$/i.test(path) ? 'tokens' : 'number';
  return { word: `${number.stat} of ${path}`, kind, adds: number.stat === 'sum' };
}

export const isWhole = (measure: PanelMeasure) => {
  const { kind, adds } = aboutMeasure(measure);
  return adds && (kind === 'count' || kind === 'tokens') && numberOf(measure) === null;
};

const LATENCIES: PanelMeasure[] = ['mean_ms', 'p50_ms', 'p90_ms', 'p95_ms', 'p99_ms'];

/** Whether it is of all calls but those that run. */
export const isLatency = (measure: PanelMeasure) => LATENCIES.includes(measure);

/** Of calls that are streamed, that have input or output, whose provider counts what is cached: how many is not measured. */
const OF_SOME: PanelMeasure[] = [
  'ttfc_p50_ms', 'ttfc_p95_ms', 'output_tokens_per_s', 'input_tokens', 'output_tokens', 'cached_tokens', 'reasoning_tokens', 'cached_share',
  'mean_input_tokens', 'mean_output_tokens',
];
export const isOfSome = (measure: PanelMeasure) => OF_SOME.includes(measure);

const percent = (share: number) => format.percent(share, 1);

/** Any number, with as many digits as it needs. */
function plain(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return format.compact(Number.isInteger(value) ? value : Math.round(value));
  return String(Number(value.toPrecision(3)));
}

const FORMATS: Record<Kind, (value: number) => string> = {
  count: format.count,
  money: format.cost,
  tokens: (value) => (Number.isInteger(value) ? format.compact(value) : format.mean(value)),
  duration: format.duration,
  share: percent,
  speed: (value) => `${format.mean(value)}/s`,
  time: format.dateTime,
  number: plain,
};

const TICKS: Partial<Record<Kind, (value: number) => string>> = { count: format.compact, money: format.costStep, duration: format.step };

/** A value in words; unknown is a word, never 0. */
export function write(measure: PanelMeasure, value: number | null | undefined): string {
  return value === null || value === undefined ? format.UNKNOWN : FORMATS[aboutMeasure(measure).kind](value);
}

/** The same on an axis, where the steps are round. */
export function writeTick(measure: PanelMeasure): (value: number) => string {
  const { kind } = aboutMeasure(measure);
  return TICKS[kind] ?? FORMATS[kind];
}
