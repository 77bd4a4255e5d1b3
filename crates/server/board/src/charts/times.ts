// What stands under the bins: as exact as the labels are apart, no more.

import { clock, date, day, dayWithin, sameYear } from '../lib/format';

export interface Edges {
  from: number;
  to: number;
  /** How long a bin is; 0 when there is none. */
  bin: number;
}

const DAY = 86_400_000;

/** Where the bins begin and end. A range without bins is still as long as it is. */
export function edgesOf(bins: number[], range: { from: number; to: number; bin_ms: number }): Edges {
  const from = bins[0] ?? range.from;
  const to = bins.length > 0 ? from + bins.length * range.bin_ms : range.to;
  return { from, to: Math.max(to, from + 1), bin: range.bin_ms };
}

/** The bin that time has not left yet: more calls may come into it. */
export function fillingBin(bins: number[], length: number, now: number): number | null {
  const at = bins.findIndex((left) => left <= now && now < left + length);
  return at < 0 ? null : at;
}

/** The stretch of whole bins that a drag covered; null where there is no bin to choose. */
export function wholeBins({ from, to, bin }: Edges, first: number, last: number): [from: number, to: number] | null {
  if (bin <= 0) return null;
  const left = from + Math.floor((first - from) / bin) * bin;
  const right = from + Math.ceil((last - from) / bin) * bin;
  const within: [number, number] = [Math.max(left, from), Math.min(right, to)];
  return within[0] < within[1] ? within : null;
}

/** Clock times, with the day where a new one begins, and the year where that is new. */
export function timeLabels(times: number[], edges: Edges): string[] {
  // A short range may have room for one label only, which must not show the minute alone.
  const apart = times.length > 1 ? (times[1] ?? 0) - (times[0] ?? 0) : (edges.to - edges.from) / 2;
  if (times.length > 1 && apart >= DAY) {
    return times.map((time, at) => {
      const before = times[at - 1] ?? edges.from;
      const yearKnown = at > 0 ? sameYear(before, time) : sameYear(edges.from, edges.to);
      return yearKnown ? day(time) : date(time);
    });
  }
  return times.map((time, at) => {
    const before = times[at - 1];
    const turned = before !== undefined && day(before) !== day(time);
    return turned ? dayWithin(time, edges) : exact(time, apart);
  });
}

/** The clock, with as many digits after the second as the labels need. */
function exact(time: number, apart: number): string {
  if (apart >= 60_000) return clock(time, 'min');
  if (apart >= 1_000) return clock(time, 's');
  const unneeded = apart >= 100 ? 2 : apart >= 10 ? 1 : 0;
  const whole = clock(time, 'ms');
  return whole.slice(0, whole.length - unneeded);
}

/** How wide a label may become, in pixels, when so many milliseconds share the axis. */
export function labelSpace(range: number, width: number): number {
  const shown = range / Math.max(1, width / 64);
  return shown < 1_000 ? 88 : range > 300 * DAY ? 78 : 64;
}
