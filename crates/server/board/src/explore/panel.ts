// A panel of the charts from an answer.

import { ofAll, type Key, type Panel } from '../charts/panel';
import { count, plural, step } from '../lib/format';
import type { Measured, ViewAnswer } from '../lib/query';
import { absentOf, coverageOf, isOfTools, lackOf } from './coverage';
import { aboutMeasure, isLatency, isOfSome, isWhole, write, writeTick } from './measures';
import { lackingOf, sumText, whole, type Part } from './series';
import { drawOf, titleOf, type PanelSpec } from './spec';

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
  const lack = isOfTools(spec) ? null : lackOf(measure);
  const unknown = lack === null ? [] : stacked ? added(shown.map(({ lacking }) => lacking), bins) : lackingOf(spec, view.series, bins);
  const missing = unknown.reduce((sum, n) => sum + n, 0);
  const overall = view.series?.[measure as keyof typeof view.series];
  const bin = view.range === null || view.range.bin_ms <= 0 ? '' : ` per ${step(view.range.bin_ms)}`;
  return {
    id: measure === 'calls' ? 'calls' : 'panel',
    title: adds ? titleOf(spec).replace(/ over time$/, '') + bin : titleOf(spec),
    draw: stacked ? 'stack' : 'lines',
    columns: shown.map(({ key, label, colour, values, counts }) => ({ key, label, colour, values, calls: counts })),
    unknown,
    ...(lack === 'tokens' ? { lack } : {}),
    ...(adds ? {} : { isMean: true }),
    calls,
    // Of all groups together: while one is hidden no failures are shown.
    errors: isPart ? [] : Array.from({ length: bins }, (_, bin) => view.series?.errors?.[bin] ?? 0),
    known: parts.some(({ values }) => values.some((value) => value !== null)),
    whole: isWhole(measure),
    absent: absentOf(spec),
    keys: keysOf(lack, missing),
    total: totalOf(spec, view, shown, isPart),
    format: (value) => write(measure, value),
    tick: writeTick(measure),
    least: kind === 'count' ? 3 : 0,
    ...(overall === undefined ? {} : { overall }),
    ...(isPart && !stacked ? { isOfAll: true } : {}),
  };
}

/** What the number of the panel leaves out. */
function keysOf(lack: 'price' | 'tokens' | null, missing: number): Key[] {
  if (lack === null || missing === 0) return [];
  const [label, are] = lack === 'price' ? [`${count(missing)} unpriced`, 'cost of'] : [`tokens of ${count(missing)} unknown`, 'number of tokens of'];
  return [{ label, colour: null, title: `The ${are} ${plural(missing, 'call')} is not known` }];
}

/** The whole range in a few words: bars add up to what is shown, lines are next to the number of all. */
function totalOf(spec: PanelSpec, view: ViewAnswer, shown: Part[], isPart: boolean): string {
  if ((view.totals.calls ?? 0) === 0) return 'no calls';
  if (!isPart) return whole(spec, view.totals);
  if (drawOf(spec) !== 'bars') return ofAll(whole(spec, view.totals));
  return shown.length === 0 ? 'nothing shown' : sumText(spec, shown);
}

/** The calls that a number leaves out, and those in it whose cost is estimated. */
export function notesOf(spec: PanelSpec, stats: Measured): string[] {
  const { missing, estimated } = coverageOf(spec, stats);
  const isPriced = lackOf(spec.measure) === 'price';
  const running = isLatency(spec.measure) ? (stats.running ?? 0) : 0;
  const notes = [
    missing > 0 ? (isPriced ? `${count(missing)} unpriced` : `tokens of ${count(missing)} unknown`) : '',
    estimated > 0 ? `${count(estimated)} estimated` : '',
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
