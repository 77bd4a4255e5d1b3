// A difference as people read it: with its sign, its unit and its interval.

import { measureOf, type Change, type MeasureName } from '../lib/compare';
import * as format from '../lib/format';
import { plural } from '../lib/format';
import type { GroupRow } from '../lib/groups';

/** A value of a measure. */
export function valueText(name: MeasureName, value: number | null): string {
  if (value === null) return format.UNKNOWN;
  return name === 'errors' ? format.percent(value, 1) : amount(name, value);
}

/** A size; shares are in points here, for a difference of them is no share. */
function amount(name: MeasureName, size: number): string {
  if (name === 'errors') return points(size);
  if (name === 'cost') return format.cost(size);
  if (name === 'calls') return format.compact(size);
  return name === 'output' ? format.mean(size) : format.duration(size);
}

function points(share: number): string {
  if (share > 0 && share < 0.0005) return '<0.1';
  return (100 * share).toFixed(1).replace(/\.0$/, '');
}

/** The sign is a minus, not a hyphen. */
function signed(value: number, text: (size: number) => string): string {
  if (value === 0) return text(0);
  return `${value < 0 ? '\u2212' : '+'}${text(Math.abs(value))}`;
}

const unit = (name: MeasureName) => (name === 'errors' ? ' points' : '');

export interface ChangeWords {
  difference: string;
  /** In per cent of the value before. */
  relative: string;
  interval: string;
  /** Words where the sample is too small or nothing varies. */
  notes: string[];
}

export function changeWords(change: Change, name: MeasureName): ChangeWords {
  const by = (value: number) => signed(value, (size) => amount(name, size));
  const { difference, relative, interval, missing, few } = change;
  const notes: string[] = [];
  if (few) notes.push(missing === 'calls' ? 'few calls: no interval' : 'few calls');
  if (missing === 'spread') notes.push('no interval: all values alike');
  return {
    difference: difference === 0 ? 'no difference' : by(difference) + unit(name),
    relative: relative === null || difference === 0 ? '' : signed(relative, (size) => format.percent(size, 1)),
    interval: interval === null ? '' : `${by(interval[0])} to ${by(interval[1])}${unit(name)}`,
    notes,
  };
}

/** How many of the calls the value is of, where it is not of all; and which of the costs are estimates. */
export function coverage(row: GroupRow, name: MeasureName): string {
  const { of, sample } = measureOf(name);
  const { n } = sample(row);
  const { calls, estimated_calls } = row.stats;
  const some = of === '' || n === calls ? '' : `${format.count(n)} of ${format.count(calls)} ${of}`;
  const estimated = name === 'cost' && estimated_calls > 0 ? `${format.count(estimated_calls)} estimated` : '';
  return [some, estimated].filter((text) => text !== '').join(', ');
}

/** What costs are known of, over all sets that are compared. */
export function costNote(rows: GroupRow[]): string {
  const calls = rows.reduce((sum, { stats }) => sum + stats.calls, 0);
  const priced = rows.reduce((sum, { stats }) => sum + stats.priced_calls, 0);
  if (calls === 0) return '';
  if (priced === calls) return `The cost is known of all ${plural(calls, 'call')}.`;
  return `The cost is known of ${format.count(priced)} of ${plural(calls, 'call')}; the others are in no mean of costs.`;
}
