// Calls per minute: at the end of the range, and in its busiest stretch.

import type { Summary } from '../lib/api';
import * as format from '../lib/format';

const MINUTE = 60_000;

export interface Throughput {
  /** Calls per minute in the last stretch that is over. */
  last: number;
  peak: number;
  /** Whether the last stretch ended just now. */
  isNow: boolean;
  /** When the last stretch began, and how long each one is. */
  from: number;
  length: number;
}

/**
 * A stretch is a bin, or as many as make a minute: the few calls of one short bin
 * would look like hundreds per minute. Null where the range has no whole stretch. `to`
 * is the end that was asked for: the range's own is the edge of a bin that it may cut.
 */
export function throughput(summary: Pick<Summary, 'bins' | 'range' | 'all'>, now: number, to: number | null = null): Throughput | null {
  const { bins, range, all } = summary;
  const bin = range.bin_ms;
  if (bin <= 0) return null;
  const width = Math.max(1, Math.ceil(MINUTE / bin));
  const length = width * bin;
  const end = Math.min(now, to ?? Infinity);
  const over = bins.filter((left) => left + bin <= end).length;
  if (over < width) return null;
  const calls = (end: number) => all.calls.slice(end - width, end).reduce((sum, n) => sum + n, 0);
  const rate = (end: number) => (calls(end) * MINUTE) / length;
  let peak = 0;
  for (let end = width; end <= bins.length; end += 1) peak = Math.max(peak, rate(end));
  const from = bins[over - width] ?? range.from;
  return { last: rate(over), peak, isNow: now - (from + length) < Math.max(MINUTE, bin), from, length };
}

/** A rate with the digits that it needs: 0.17, 3.5, 42. */
export function rate(perMinute: number): string {
  if (perMinute === 0) return '0';
  if (perMinute < 0.01) return '<0.01';
  if (perMinute < 1) return String(Number(perMinute.toPrecision(2)));
  return perMinute < 10 ? String(Number(perMinute.toFixed(1))) : format.compact(Math.round(perMinute));
}
