// What has changed between two sets of calls: differences, and how sure they are.

import type { Attribute } from './api';
import { FEW_CALLS, type GroupRow } from './groups';
import { isProperty } from './search';

/** One measure of one set of calls. */
export interface Sample {
  /** The calls that have a value. */
  n: number;
  value: number | null;
  deviation: number | null;
}

/** A mean has a deviation, a share is of calls, and of anything else no interval is known. */
export type Kind = 'mean' | 'share' | 'plain';

interface Measure {
  title: string;
  kind: Kind;
  sample: (row: GroupRow) => Sample;
  /** What the calls with a value are, where not all have one. */
  of: string;
  /** More of it is worse; null where that is for the reader to judge. */
  worse: true | null;
}

const plain = (n: number, value: number | null): Sample => ({ n, value, deviation: null });

function mean(name: keyof GroupRow['spread']): (row: GroupRow) => Sample {
  return ({ spread }) => ({ n: spread[name].n, value: spread[name].mean, deviation: spread[name].deviation });
}

export const MEASURES = {
  calls: { title: 'Calls', kind: 'plain', sample: ({ stats }) => plain(stats.calls, stats.calls), of: '', worse: null },
  errors: {
    title: 'Error rate',
    kind: 'share',
    sample: ({ stats }) => plain(stats.calls, stats.calls === 0 ? null : stats.errors / stats.calls),
    of: '',
    worse: true,
  },
  cost: { title: 'Cost a call', kind: 'mean', sample: mean('cost_usd'), of: 'priced', worse: null },
  latency: { title: 'Latency, mean', kind: 'mean', sample: mean('latency_ms'), of: 'finished', worse: true },
  p95: { title: 'Latency, p95', kind: 'plain', sample: ({ stats, spread }) => plain(spread.latency_ms.n, stats.p95_ms), of: 'finished', worse: true },
  output: { title: 'Output tokens, mean', kind: 'mean', sample: mean('output_tokens'), of: 'counted', worse: null },
} satisfies Record<string, Measure>;

export type MeasureName = keyof typeof MEASURES;

export const MEASURE_NAMES = Object.keys(MEASURES) as MeasureName[];

export const measureOf = (name: MeasureName): Measure => MEASURES[name];

export type Interval = [low: number, high: number];

export interface Change {
  difference: number;
  /** Of the value before; null where that is 0. */
  relative: number | null;
  /** In which the true difference lies with 95 %. */
  interval: Interval | null;
  /** `unclear` where the interval contains 0, `none` where there is no interval. */
  mark: 'up' | 'down' | 'unclear' | 'none';
  /** Why there is no interval, where there could be one. */
  missing: 'calls' | 'spread' | null;
  /** Too few calls for the interval to mean much. */
  few: boolean;
}

/** With fewer calls on either side there is no interval. */
const LEAST = 2;

/** Rounding of the last digits is no difference. */
const SAME = 1e-9;

/** Null where either side is unknown. */
export function changeOf(before: GroupRow, after: GroupRow, name: MeasureName): Change | null {
  const { kind, sample } = measureOf(name);
  const change = compare(sample(before), sample(after), kind);
  // A number of calls is what it is, however small.
  return change === null || name !== 'calls' ? change : { ...change, few: false };
}

export function compare(before: Sample, after: Sample, kind: Kind): Change | null {
  if (before.value === null || after.value === null || before.n === 0 || after.n === 0) return null;
  const least = Math.min(before.n, after.n);
  const raw = after.value - before.value;
  const difference = Math.abs(raw) <= SAME * Math.max(Math.abs(before.value), Math.abs(after.value)) ? 0 : raw;
  const interval = least < LEAST ? null : intervalOf(before, after, kind);
  const missing = kind === 'plain' || interval !== null ? null : least < LEAST ? 'calls' : 'spread';
  const relative = before.value === 0 ? null : difference / Math.abs(before.value);
  return { difference, relative, interval, mark: markOf(interval), missing, few: least < FEW_CALLS };
}

function intervalOf(before: Sample, after: Sample, kind: Kind): Interval | null {
  if (kind === 'mean') return welch(before, after);
  if (kind === 'plain' || before.value === null || after.value === null) return null;
  return newcombe(before.value * before.n, before.n, after.value * after.n, after.n);
}

function markOf(interval: Interval | null): Change['mark'] {
  if (interval === null) return 'none';
  return interval[0] > 0 ? 'up' : interval[1] < 0 ? 'down' : 'unclear';
}

/**
 * The 95 % interval of the difference of two means after Welch: neither the
 * numbers nor the deviations need be equal. None where no value differs.
 */
export function welch(before: Sample, after: Sample): Interval | null {
  if (before.value === null || after.value === null || before.deviation === null || after.deviation === null) return null;
  if (before.n < LEAST || after.n < LEAST) return null;
  const [one, other] = [before.deviation ** 2 / before.n, after.deviation ** 2 / after.n];
  const error = Math.sqrt(one + other);
  if (error <= SAME * Math.max(Math.abs(before.value), Math.abs(after.value))) return null;
  const freedom = (one + other) ** 2 / (one ** 2 / (before.n - 1) + other ** 2 / (after.n - 1));
  const difference = after.value - before.value;
  const margin = student(freedom) * error;
  return [difference - margin, difference + margin];
}

/**
 * The 95 % interval of the difference of two shares: Newcombe's tenth method
 * (1998), which joins Wilson's intervals of each and so holds for few calls
 * and for shares of 0 and 1 too.
 */
export function newcombe(hitsBefore: number, before: number, hitsAfter: number, after: number): Interval | null {
  if (before < 1 || after < 1) return null;
  const [share, next] = [hitsBefore / before, hitsAfter / after];
  const [low, high] = wilson(hitsBefore, before);
  const [nextLow, nextHigh] = wilson(hitsAfter, after);
  return [
    next - share - Math.hypot(next - nextLow, high - share),
    next - share + Math.hypot(nextHigh - next, share - low),
  ];
}

const NORMAL = 1.959963984540054;

/** The 95 % interval of a share. */
export function wilson(hits: number, n: number): Interval {
  const share = hits / n;
  const square = NORMAL ** 2;
  const middle = (share + square / (2 * n)) / (1 + square / n);
  const half = (NORMAL / (1 + square / n)) * Math.sqrt((share * (1 - share)) / n + square / (4 * n * n));
  // At the ends rounding would leave a rest.
  return [hits === 0 ? 0 : middle - half, hits === n ? 1 : middle + half];
}

/** From here on Student's t is the normal distribution to three decimals. */
const MOST_FREEDOM = 10_000;

/** How many standard errors to each side hold 95 % of Student's t; for a freedom of 1 and more. */
export function student(freedom: number): number {
  if (freedom >= MOST_FREEDOM) return NORMAL;
  let [low, high] = [1.9, 13];
  for (let step = 0; step < 50; step += 1) {
    const t = (low + high) / 2;
    if (beta(freedom / (freedom + t * t), freedom / 2, 0.5) > 0.05) low = t;
    else high = t;
  }
  return (low + high) / 2;
}

/** The regularised incomplete beta function, by its continued fraction (DLMF 8.17.22). */
function beta(x: number, a: number, b: number): number {
  if (x > (a + 1) / (a + b + 2)) return 1 - beta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  // Lentz's way to sum it.
  let [c, d] = [1, 1 / (1 - ((a + b) * x) / (a + 1))];
  let sum = d;
  for (let m = 1; m < 500; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    sum *= c * d;
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    sum *= c * d;
    if (Math.abs(c * d - 1) < 1e-14) break;
  }
  return front * sum;
}

/** Stirling's series, after the argument has been made large enough for it. */
function logGamma(x: number): number {
  let [at, shift] = [x, 0];
  for (; at < 10; at += 1) shift += Math.log(at);
  const series = 1 / (12 * at) - 1 / (360 * at ** 3) + 1 / (1260 * at ** 5);
  return (at - 0.5) * Math.log(at) - at + Math.log(2 * Math.PI) / 2 + series - shift;
}

/** Attributes that name a version, the likeliest first. */
const VERSIONS = [
  /^service\.version$/,
  /(^|[._-])git([._-]|$)/,
  /(^|[._-])(commit|revision)([._-]?(id|sha|hash))?$/,
  /(^|[._-])(deploy|deployment|release)([._-]?(id|version|name))?$/,
  /(^|[._-])version$/,
  /(^|[._-])(template([._-]?(version|hash|digest|id|name))?|prompt[._-]?(version|hash|digest|id|name))$/,
];

/** Versions of what records the calls, not of what makes them. */
const RECORDERS = /(^|\.)(scope|sdk|telemetry|schema|runtime)\./;

/** The property that is compared at first: one that looks like a version and has more than one value, or else the model. */
export function suggestedProperty(attributes: Attribute[]): string {
  const tried = attributes.filter(({ path, values }) => values > 1 && !RECORDERS.test(path));
  for (const version of VERSIONS) {
    const found = tried.find(({ path }) => version.test(path.toLowerCase().replace(/^otel\./, '')));
    if (found !== undefined) return `attr:${found.path}`;
  }
  return 'model';
}

/** What is compared: the values of a property, two searches, or the range and the one before it. */
export type What = { mode: 'property'; property: string | null } | { mode: 'searches' } | { mode: 'ranges' };

export function readWhat(text: string | null | undefined): What {
  if (text === 'searches' || text === 'ranges') return { mode: text };
  const known = text != null && (isProperty(text) || text.startsWith('attr:'));
  return { mode: 'property', property: known ? text : null };
}

/** In the order of their first calls; calls without the property are no version and go last. */
export function inOrder(groups: GroupRow[]): GroupRow[] {
  const first = ({ keys, stats }: GroupRow) => (keys[0] === '' ? Infinity : (stats.first_started_at ?? Infinity));
  return [...groups].sort((one, other) => {
    const [left, right] = [first(one), first(other)];
    return left === right ? 0 : left < right ? -1 : 1;
  });
}
