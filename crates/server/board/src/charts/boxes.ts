// What is drawn of each bin, in the values of the panel: zero is nothing, a gap
// is a gap, and few calls are dots. Pixels are elsewhere.

import type { Column, Panel } from './panel';

/** A coloured piece of a bar. */
export interface Box {
  bin: number;
  from: number;
  to: number;
  colour: string;
}

/** The middle and the slow end of a bin's calls. */
export interface Spread {
  bin: number;
  p50: number;
  p95: number;
  /** Too few calls for percentiles to be more than single calls. */
  few: boolean;
}

/** With fewer calls a p95 is the slowest of them, and no bar may suggest otherwise. */
export const FEW = 5;

export function boxes(columns: Column[]): Box[] {
  const below = new Map<number, number>();
  return columns.flatMap(({ colour, values }) =>
    values.flatMap((value, bin) => {
      if (value === null || value <= 0) return [];
      const from = below.get(bin) ?? 0;
      below.set(bin, from + value);
      return [{ bin, from, to: from + value, colour }];
    }),
  );
}

/** The column whose box of a stack holds a value; null above the bar. */
export function keyAt(columns: Column[], bin: number, value: number): string | null {
  let top = 0;
  for (const { key, values } of columns) {
    top += Math.max(0, values[bin] ?? 0);
    if (value >= 0 && value < top) return key;
  }
  return null;
}

/** The line of a bin that is nearest to a value, and not farther from it than `within`. */
export function nearestKey(columns: Column[], bin: number, value: number, within: number): string | null {
  let [found, least]: [string | null, number] = [null, within];
  for (const { key, values } of columns) {
    const own = values[bin] ?? null;
    if (own === null || Math.abs(own - value) > least) continue;
    [found, least] = [key, Math.abs(own - value)];
  }
  return found;
}

/** Stretches of bins that have a value: a line is broken where there is none. */
export function runs(values: (number | null)[]): [from: number, to: number][] {
  const found: [number, number][] = [];
  values.forEach((value, bin) => {
    if (value === null) return;
    const last = found.at(-1);
    if (last !== undefined && last[1] === bin - 1) last[1] = bin;
    else found.push([bin, bin]);
  });
  return found;
}

export function spreads({ columns, calls }: Pick<Panel, 'columns' | 'calls'>): Spread[] {
  const [middle, slow] = columns;
  return (middle?.values ?? []).flatMap((p50, bin) => {
    if (p50 === null) return [];
    return [{ bin, p50, p95: slow?.values[bin] ?? p50, few: (calls[bin] ?? 0) < FEW }];
  });
}

/** How high each bin reaches; null where nothing is drawn. */
export function tops(panel: Pick<Panel, 'draw' | 'columns'>, bins: number): (number | null)[] {
  const high = new Array<number | null>(bins).fill(null);
  panel.columns.forEach(({ values }) =>
    values.forEach((value, bin) => {
      if (value === null || bin >= bins) return;
      const so = high[bin] ?? 0;
      high[bin] = panel.draw === 'stack' ? so + value : Math.max(so, value);
    }),
  );
  return high;
}
