// A panel of the charts from an answer.

import type { Panel } from '../charts/panel';
import { count, plural, step, UNKNOWN } from '../lib/format';
import type { Measured, ViewAnswer } from '../lib/query';
import { aboutMeasure, isLatency, isOfSome, isWhole, write, writeTick } from './measures';
import { whole, type Part } from './series';
import { coverageOf, drawOf, titleOf, type PanelSpec } from './spec';

/** Adds columns up, bin by bin. */
function added(columns: number[][], bins: number): number[] {
  return Array.from({ length: bins }, (_, bin) => columns.reduce((sum, column) => sum + (column[bin] ?? 0), 0));
}

/** What is drawn over time of the parts that are not hidden. */
export function panelOf(spec: PanelSpec, view: ViewAnswer, parts: Part[], hidden: ReadonlySet<string>): Panel {
  const { measure } = spec;
  const { adds, kind } = aboutMeasure(measure);
  const bins = view.bins?.length ?? 0;
  const shown = parts.filter(({ key }) => !hidden.has(key));
  const isPart = shown.length < parts.length;
  const stacked = drawOf(spec) === 'bars';
  const all = Array.from({ length: bins }, (_, bin) => view.series?.calls?.[bin] ?? 0);
  const calls = stacked ? added(shown.map(({ counts }) => counts), bins) : all;
  const unpriced = kind !== 'money' ? [] : stacked ? added(shown.map((part) => part.unpriced), bins) : Array.from({ length: bins }, (_, bin) => view.series?.unpriced_calls?.[bin] ?? 0);
  const missing = unpriced.reduce((sum, n) => sum + n, 0);
  const overall = view.series?.[measure as keyof typeof view.series];
  const bin = view.range === null || view.range.bin_ms <= 0 ? '' : ` per ${step(view.range.bin_ms)}`;
  return {
    id: measure === 'calls' ? 'calls' : 'panel',
    title: adds ? titleOf(spec).replace(/ over time$/, '') + bin : titleOf(spec),
    draw: stacked ? 'stack' : 'lines',
    columns: shown.map(({ key, label, colour, values, counts }) => ({ key, label, colour, values, calls: counts })),
    unknown: unpriced,
    calls,
    // Of all groups together: while one is hidden no failures are shown.
    errors: isPart ? [] : Array.from({ length: bins }, (_, bin) => view.series?.errors?.[bin] ?? 0),
    known: parts.some(({ values }) => values.some((value) => value !== null)),
    whole: isWhole(measure),
    absent: UNKNOWN,
    keys: missing === 0 ? [] : [{ label: `${count(missing)} unpriced`, colour: null, title: `The cost of ${plural(missing, 'call')} is not known` }],
    total: (view.totals.calls ?? 0) === 0 ? 'no calls' : whole(spec, view.totals),
    format: (value) => write(measure, value),
    tick: writeTick(measure),
    least: kind === 'count' ? 3 : 0,
    ...(overall === undefined || isPart ? {} : { overall }),
  };
}

/** The calls that a number leaves out, and those in it whose cost is estimated. */
export function notesOf(spec: PanelSpec, stats: Measured): string[] {
  const { missing, estimated } = coverageOf(spec, stats);
  const { kind } = aboutMeasure(spec.measure);
  const uncounted = kind === 'tokens' && stats.counted_calls != null ? (stats.calls ?? 0) - stats.counted_calls : 0;
  const running = isLatency(spec.measure) ? (stats.running ?? 0) : 0;
  const notes = [
    missing > 0 ? `${count(missing)} unpriced` : '',
    estimated > 0 ? `${count(estimated)} estimated` : '',
    uncounted > 0 ? `tokens of ${count(uncounted)} unknown` : '',
    running > 0 ? `${count(running)} running` : '',
  ];
  return notes.filter((note) => note !== '');
}

/** The same after the calls that the number is of. Where those are not known, no number of calls stands there. */
export function coverageText(spec: PanelSpec, stats: Measured): string {
  const { measure } = spec;
  const isUnknown = isOfSome(measure) || (isLatency(measure) && stats.running == null);
  const calls = measure === 'calls' || isUnknown ? [] : [plural(stats.calls ?? 0, 'call')];
  return [...calls, ...notesOf(spec, stats)].join(' · ');
}
