// What each chart shows, as plain columns. Drawing is elsewhere.

import type { Series, Summary } from '../lib/api';
import * as format from '../lib/format';
import { OTHER } from '../lib/palette';

export interface Column {
  key: string;
  label: string;
  colour: string;
  values: (number | null)[];
  /** Calls of each bin, where they are not those of the whole panel. */
  calls?: number[];
}

/** A swatch and its word; without a colour it is hatched. */
export interface Key {
  label: string;
  colour: string | null;
  title?: string;
}

export interface Panel {
  id: string;
  title: string;
  /** Bars stand on each other; a spread reaches from the first column to the second; lines stand for themselves. */
  draw: 'stack' | 'spread' | 'lines';
  columns: Column[];
  /** The value of each bin over all calls, where the columns do not add up to it. */
  overall?: (number | null)[];
  /** Calls of each bin whose value is not known: they stand hatched on what is known. */
  unknown: number[];
  /** What they are without; a price if it is left out. */
  lack?: 'tokens';
  /** Of the calls whose value is known: no least that all calls have. */
  isMean?: boolean;
  /** Not all columns are shown, while `overall` is of all. */
  isOfAll?: boolean;
  /** Calls of each bin, and how many of them failed. */
  calls: number[];
  errors: number[];
  /** False where no call has a number: there is no axis then. */
  known: boolean;
  /** Whether the values are whole numbers. */
  whole: boolean;
  /** What stands where calls have no number. */
  absent: string;
  /** What the colours are, where the legend of groups does not show it. */
  keys: Key[];
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
  series: Pick<Series, 'calls' | 'cost_usd' | 'unpriced'>;
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
  const counts = rest(summary.all.calls, own.map((share) => share.series.calls)).map((left) => left ?? 0);
  const unpriced = rest(summary.all.unpriced, own.map((share) => share.series.unpriced)).map((left) => left ?? 0);
  // Nothing is left of the cost where no call of the rest has a price: that is unknown, not free.
  const cost_usd = rest(summary.all.cost_usd, own.map((share) => share.series.cost_usd)).map((left, bin) =>
    (counts[bin] ?? 0) > 0 && (unpriced[bin] ?? 0) >= (counts[bin] ?? 0) ? null : left,
  );
  const series = { calls: counts, unpriced, cost_usd };
  const groups = summary.groups_total - own.length;
  const label = format.plural(groups, 'other group');
  return [...own, { key: OTHER_KEY, label, colour: OTHER, calls, series }];
}

/** What remains of a column when the given ones are taken out; of unknown, nothing known. */
export function rest(all: (number | null)[], taken: (number | null)[][]): (number | null)[] {
  return all.map((value, bin) => {
    if (value === null) return null;
    const left = taken.reduce((sum, column) => sum - (column[bin] ?? 0), value);
    // Differences of sums of prices leave dust that is not money.
    return left < 1e-10 ? 0 : left;
  });
}

export const ofAll = (text: string) => `${text} of all`;

export const atLeast = (text: string, more: boolean) => (more ? `≥ ${text}` : text);
