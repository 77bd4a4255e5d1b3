// What streams come to together: by project, by entity, and all.

import type { Stats, Stream } from './api';

/** Bars of a stream's calls over time. */
export const BARS = 24;

export interface PlaceStream extends Stream {
  /** None where there are no calls of models; the server measures so many streams only. */
  stats?: Stats | null;
  /** Calls per bin, from `from` to `to`. */
  bins?: number[] | null;
  from?: number | null;
  to?: number | null;
}

/** Sums. There is no percentile here: percentiles cannot be added. */
export interface Totals {
  streams: number;
  /** Everything recorded, calls of models and other spans. */
  spans: number;
  calls: number;
  errors: number;
  priced: number;
  cost: number | null;
  input: number | null;
  output: number | null;
  last: number | null;
  /** The streams with calls of models that are in the sums. */
  measured: number;
}

export function totalsOf(streams: PlaceStream[]): Totals {
  const of = streams.flatMap(({ stats }) => (stats == null ? [] : [stats]));
  const total = (pick: (stats: Stats) => number) => of.reduce((sum, stats) => sum + pick(stats), 0);
  return {
    streams: streams.length,
    spans: streams.reduce((sum, { calls }) => sum + calls, 0),
    calls: total(({ calls }) => calls),
    errors: total(({ errors }) => errors),
    priced: total(({ priced_calls }) => priced_calls),
    cost: sumKnown(of.map(({ cost_usd }) => cost_usd)),
    input: sumKnown(of.map(({ input_tokens }) => input_tokens)),
    output: sumKnown(of.map(({ output_tokens }) => output_tokens)),
    last: streams.reduce<number | null>(
      (last, { last_started_at }) => (last_started_at === null ? last : Math.max(last ?? 0, last_started_at)),
      null,
    ),
    measured: of.length,
  };
}

/** The sum of what is known; unknown when nothing is. */
function sumKnown(values: (number | null)[]): number | null {
  return values.reduce<number | null>((sum, value) => (value === null ? sum : (sum ?? 0) + value), null);
}

export interface PlaceGroup {
  entity: string;
  project: string;
  streams: PlaceStream[];
  totals: Totals;
}

/** By project, in the order in which projects first come. */
export function byProject(streams: PlaceStream[]): PlaceGroup[] {
  const groups = new Map<string, PlaceStream[]>();
  for (const one of streams) {
    const key = JSON.stringify([one.entity, one.project]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined
      ? []
      : [{ entity: first.entity, project: first.project, streams: group, totals: totalsOf(group) }];
  });
}

/** The streams of a place whose path holds every word of a search. */
export function streamsOf(
  all: PlaceStream[],
  entity: string | null,
  project: string | null,
  search = '',
): PlaceStream[] {
  const words = search.toLowerCase().split(/\s+/).filter((word) => word !== '');
  return all.filter((one) => {
    if (entity !== null && one.entity !== entity) return false;
    if (project !== null && one.project !== project) return false;
    const path = `${one.entity}/${one.project}/${one.stream}`.toLowerCase();
    return words.every((word) => path.includes(word));
  });
}

/** The path of an SVG with one bar a bin; a bin without calls is a gap, one with few is still seen. */
export function sparkPath(bins: number[], width: number, height: number): string {
  const most = Math.max(0, ...bins);
  if (most === 0) return '';
  const each = width / bins.length;
  const bar = Math.max(1, each - 1);
  return bins
    .map((value, at) => {
      if (!(value > 0)) return '';
      const tall = Math.max(1.5, (value / most) * height);
      return `M${round(at * each)} ${height}v${round(-tall)}h${round(bar)}V${height}z`;
    })
    .join('');
}

const round = (value: number) => Math.round(value * 100) / 100;
