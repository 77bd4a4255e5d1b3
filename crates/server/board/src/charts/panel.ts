// What each chart shows, as plain columns. Drawing is elsewhere.

import type { Series, Summary } from '../lib/api';
import * as format from '../lib/format';
import { OTHER } from '../lib/palette';

export interface Column {
  key: string;
  label: string;
  colour: string;
  values: (number | null)[];
}

export interface Panel {
  id: string;
  title: string;
  /** Bars stand on each other; a band is two lines and what lies between. */
  draw: 'stack' | 'band';
  columns: Column[];
  /** The whole range in a few words, shown while nothing is pointed at. */
  total: string;
  format: (value: number) => string;
  /** The same on the axis, where the steps are round. */
  tick: (value: number) => string;
  /** The least the axis spans; one call should not fill the chart. */
  least: number;
}

/** One coloured share of the calls: a group, or all those without a colour. */
export interface Share {
  key: string;
  label: string;
  colour: string;
  calls: number;
  series: Pick<Series, 'calls' | 'cost_usd'>;
}

/** Cannot be a group's key: those are text the program sent, without NUL. */
export const OTHER_KEY = '\0other';

export function shares(
  summary: Summary,
  group: string,
  colours: { has(key: string): boolean; colour(key: string): string },
): Share[] {
  const own = summary.groups
    .filter(({ key }) => colours.has(key))
    .map(({ key, stats, series }) => ({
      key,
      label: format.groupKey(group, key),
      colour: colours.colour(key),
      calls: stats.calls,
      series,
    }));
  const calls = summary.totals.calls - own.reduce((sum, share) => sum + share.calls, 0);
  if (calls <= 0) return own;
  const series = {
    calls: rest(summary.all.calls, own.map((share) => share.series.calls)),
    cost_usd: rest(summary.all.cost_usd, own.map((share) => share.series.cost_usd)),
  };
  const groups = summary.groups_total - own.length;
  const label = format.plural(groups, 'other group');
  return [...own, { key: OTHER_KEY, label, colour: OTHER, calls, series }];
}

/** What remains of a column when the given ones are taken out. */
function rest(all: (number | null)[], taken: (number | null)[][]): number[] {
  return all.map((value, bin) => {
    const left = taken.reduce((sum, column) => sum - (column[bin] ?? 0), value ?? 0);
    // Differences of sums of prices leave dust that is not money.
    return left < 1e-10 ? 0 : left;
  });
}

export function panels(summary: Summary, shown: Share[]): Panel[] {
  const { all, totals, range } = summary;
  const per = `per ${format.step(range.bin_ms)}`;
  const of = (pick: (share: Share) => (number | null)[]): Column[] =>
    shown.map((share) => ({ ...share, values: pick(share) }));
  const column = (key: string, label: string, colour: string, values: (number | null)[]) => ({
    key,
    label,
    colour: `var(${colour})`,
    values,
  });
  return [
    {
      id: 'calls',
      title: `Calls ${per}`,
      draw: 'stack',
      columns: of((share) => share.series.calls),
      total: format.count(totals.calls),
      format: format.count,
      tick: format.compact,
      least: 3,
    },
    {
      id: 'cost',
      title: `Cost ${per}, USD`,
      draw: 'stack',
      columns: of((share) => share.series.cost_usd),
      total: format.cost(totals.cost_usd),
      format: format.cost,
      tick: format.costStep,
      least: 0,
    },
    {
      id: 'tokens',
      title: `Tokens ${per}`,
      draw: 'stack',
      columns: [
        column('input', 'input', '--accent', all.input_tokens),
        column('output', 'output', '--accent-soft', all.output_tokens),
      ],
      total:
        totals.input_tokens === null && totals.output_tokens === null
          ? format.UNKNOWN
          : format.compact((totals.input_tokens ?? 0) + (totals.output_tokens ?? 0)),
      format: format.compact,
      tick: format.compact,
      least: 0,
    },
    {
      id: 'latency',
      title: 'Latency',
      draw: 'band',
      columns: [
        column('p50', 'p50', '--accent', all.p50_ms),
        column('p95', 'p95', '--accent-soft', all.p95_ms),
      ],
      total: `p50 ${format.duration(totals.p50_ms)}`,
      format: format.duration,
      tick: format.step,
      least: 0,
    },
  ];
}
