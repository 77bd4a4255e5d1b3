// Columns over time: one for each group, and one for all that has no colour.

import { atLeast, OTHER_KEY, rest } from '../charts/panel';
import { groupKey, plural } from '../lib/format';
import { OTHER, Palette, SLOTS } from '../lib/palette';
import type { Measure, Measured, MeasuredSeries, ViewAnswer, ViewGroup } from '../lib/query';
import { absentOf, coverageOf, isOfTools, lacking, lackOf } from './coverage';
import { aboutMeasure, write } from './measures';
import { byOf, groupsOf, valueOf, type PanelSpec } from './spec';

/** One coloured part of a chart. */
export interface Part {
  key: string;
  /** The values of its properties; null for what is many groups, and for all calls. */
  keys: string[] | null;
  label: string;
  colour: string;
  calls: number;
  /** Its number for the legend. */
  text: string;
  values: (number | null)[];
  counts: number[];
  /** Calls of each bin that the values leave out, tools and agents among them. */
  lacking: number[];
}

/** The key of a group as one text; of one property it is the value, as the default board has it. */
export const keyOf = (keys: string[]) => (keys.length === 1 ? (keys[0] ?? '') : JSON.stringify(keys));

export const labelOf = (by: string[], keys: string[]) => keys.map((key, at) => groupKey(by[at] ?? '', key)).join(' · ');

const kept = new Map<string, Palette>();

/**
 * The colours of the groups of a property, the same in all panels of a page. A
 * panel whose groups do not all find a free colour there has colours of its own.
 */
export function paletteOf(of: string, keys: string[]): Palette {
  const known = (kept.get(of) ?? Palette.empty).with(keys);
  if (!keys.every((key) => known.has(key))) return Palette.empty.with(keys);
  kept.set(of, known);
  return known;
}

const numbers = (values: (number | null)[] | undefined, bins: number) =>
  Array.from({ length: bins }, (_, bin) => values?.[bin] ?? 0);

const valuesOf = (series: MeasuredSeries | null, measure: string, bins: number) =>
  Array.from({ length: bins }, (_, bin) => series?.[measure as Measure]?.[bin] ?? null);

function columns(spec: PanelSpec, series: MeasuredSeries | null, bins: number): Columns {
  return {
    values: valuesOf(series, spec.measure, bins),
    counts: numbers(series?.calls, bins),
    lacking: lackingOf(spec, series, bins),
  };
}

type Columns = Pick<Part, 'values' | 'counts' | 'lacking'>;

/** Calls of each bin that the values of a series leave out. */
export const lackingOf = ({ measure }: PanelSpec, series: MeasuredSeries | null, bins: number) =>
  Array.from({ length: bins }, (_, bin) => {
    const at = (of: Measure) => series?.[of]?.[bin] ?? null;
    return lacking(measure, { calls: at('calls'), unpriced_calls: at('unpriced_calls'), counted_calls: at('counted_calls') });
  });

/** A number with what it leaves out: "≥ $3.20". */
export function valueText(spec: PanelSpec, group: Pick<ViewGroup, 'stats' | 'numbers'>): string {
  return leastText(spec, valueOf(spec, group), coverageOf(spec, group.stats).missing);
}

function leastText(spec: PanelSpec, value: number | null, missing: number): string {
  if (value === null) return absentOf(spec);
  return atLeast(write(spec.measure, value), missing > 0 && aboutMeasure(spec.measure).adds);
}

/** The number of some parts whose values add up. */
export function sumText(spec: PanelSpec, parts: Columns[]): string {
  const known = parts.flatMap(({ values }) => values).filter((value) => value !== null);
  const missing = isOfTools(spec) ? 0 : parts.reduce((sum, part) => sum + added(part.lacking), 0);
  return leastText(spec, known.length === 0 ? null : added(known), missing);
}

const added = (values: number[]) => values.reduce((sum, value) => sum + value, 0);

export const whole = (spec: PanelSpec, totals: Measured) => valueText(spec, { stats: totals, numbers: {} });

/** The parts of a chart over time; without a property there is one. */
export function partsOf(spec: PanelSpec, view: ViewAnswer, of: string): Part[] {
  const by = byOf(spec);
  const bins = view.bins?.length ?? 0;
  const calls = view.totals.calls ?? 0;
  if (by.length === 0) {
    const text = whole(spec, view.totals);
    return [{ key: 'all', keys: null, label: aboutMeasure(spec.measure).word, colour: 'var(--accent)', calls, text, ...columns(spec, view.series, bins) }];
  }
  const groups = groupsOf(spec, view).slice(0, SLOTS);
  const palette = paletteOf(`${of} ${JSON.stringify(by)}`, groups.map(({ keys }) => keyOf(keys)));
  const own = groups.map((group) => ({
    key: keyOf(group.keys),
    keys: group.keys,
    label: labelOf(by, group.keys),
    colour: palette.colour(keyOf(group.keys)),
    calls: group.stats.calls ?? 0,
    text: valueText(spec, group),
    ...columns(spec, group.series, bins),
  }));
  const others = aboutMeasure(spec.measure).adds ? othersOf(spec, view, own) : null;
  return others === null ? own : [...own, others];
}

/** What adds up can be taken from the whole: nothing is lost. Of percentiles there is no rest. */
function othersOf(spec: PanelSpec, view: ViewAnswer, own: Part[]): Part | null {
  const groups = view.total - own.length;
  const calls = (view.totals.calls ?? 0) - own.reduce((sum, part) => sum + part.calls, 0);
  if (groups <= 0 || calls <= 0 || view.series === null) return null;
  const all = columns(spec, view.series, view.bins?.length ?? 0);
  const without = (pick: (part: Columns) => (number | null)[]) => rest(pick(all), own.map(pick));
  const counts = without((part) => part.counts).map((left) => left ?? 0);
  const lacks = without((part) => part.lacking).map((left) => left ?? 0);
  const values = without((part) => part.values).map((left, bin) => (isKnown(spec, left, counts[bin] ?? 0, lacks[bin] ?? 0) ? left : null));
  const columnsOfRest = { values, counts, lacking: lacks };
  return { key: OTHER_KEY, keys: null, label: plural(groups, 'other group'), colour: OTHER, calls, text: sumText(spec, [columnsOfRest]), ...columnsOfRest };
}

/** Nothing is left of the cost where no call of the rest has a price: that is unknown, not free. Of calls that are counted, some tokens are left. */
function isKnown(spec: PanelSpec, left: number | null, counts: number, lacks: number): boolean {
  if (lacks === 0 || lackOf(spec.measure) === null) return true;
  return lacks < counts && (lackOf(spec.measure) === 'price' || left !== 0);
}
