// The trends of the default board: calls, cost, tokens by kind, latency, first
// chunk, and what went wrong.

import type { Summary } from '../lib/api';
import * as format from '../lib/format';
import { atLeast, type Column, type Panel, type Share } from './panel';
import { tokenColumns } from './tokens';

/** What the panels have in common, and the words for a range without calls. */
type Common = Pick<Panel, 'unknown' | 'calls' | 'errors' | 'whole' | 'known' | 'absent' | 'keys' | 'least'>;

export function panels(summary: Summary, shown: Share[]): Panel[] {
  const { all, totals } = summary;
  const common: Common = {
    unknown: [],
    calls: all.calls,
    errors: all.errors,
    whole: true,
    known: totals.calls > 0,
    absent: format.UNKNOWN,
    keys: [],
    least: 0,
  };
  return [
    callsPanel(summary, shown, common),
    costPanel(summary, shown, common),
    tokensPanel(summary, common),
    latencyPanel(summary, common),
    firstChunkPanel(summary, common),
    errorsPanel(summary, common),
  ];
}

const per = ({ range }: Summary) => `per ${format.step(range.bin_ms)}`;

/** Where there are no calls nothing is unknown. */
const totalText = ({ totals }: Summary, text: string) => (totals.calls === 0 ? 'no calls' : text);

function column(key: string, label: string, token: string, values: (number | null)[]): Column {
  return { key, label, colour: `var(${token})`, values };
}

const ofShares = (shown: Share[], pick: (series: Share['series']) => (number | null)[]): Column[] =>
  shown.map(({ key, label, colour, series }) => ({ key, label, colour, values: pick(series), calls: series.calls }));

/** Adds columns up, bin by bin. */
function added(columns: number[][]): number[] {
  const longest = Math.max(0, ...columns.map(({ length }) => length));
  return Array.from({ length: longest }, (_, bin) => columns.reduce((sum, column) => sum + (column[bin] ?? 0), 0));
}

const sum = (values: number[]) => values.reduce((total, n) => total + n, 0);

function callsPanel(summary: Summary, shown: Share[], common: Common): Panel {
  const { all, totals } = summary;
  const calls = added(shown.map(({ series }) => series.calls));
  return {
    ...common,
    id: 'calls',
    title: `Calls ${per(summary)}`,
    draw: 'stack',
    columns: ofShares(shown, (series) => series.calls),
    calls,
    // Of all groups together: while one is hidden no failures are shown.
    errors: all.calls.every((n, bin) => n === calls[bin]) ? all.errors : [],
    total: format.count(totals.calls),
    format: format.count,
    tick: format.compact,
    least: 3,
  };
}

function costPanel(summary: Summary, shown: Share[], common: Common): Panel {
  const { totals } = summary;
  const unpriced = added(shown.map(({ series }) => series.unpriced));
  const unknown = sum(unpriced);
  const title = `The cost of ${format.plural(unknown, 'call')} is not known`;
  return {
    ...common,
    id: 'cost',
    title: `Cost ${per(summary)}, USD`,
    draw: 'stack',
    columns: ofShares(shown, (series) => series.cost_usd),
    unknown: unpriced,
    calls: added(shown.map(({ series }) => series.calls)),
    known: totals.cost_usd !== null,
    whole: false,
    keys: unknown === 0 ? [] : [{ label: `${format.count(unknown)} unpriced`, colour: null, title }],
    total: totalText(summary, atLeast(format.cost(totals.cost_usd), totals.cost_usd !== null && totals.priced_calls < totals.calls)),
    format: format.cost,
    tick: format.costStep,
  };
}

function tokensPanel(summary: Summary, common: Common): Panel {
  const { all, totals } = summary;
  const known = totals.input_tokens !== null || totals.output_tokens !== null;
  const kinds = tokenColumns(all);
  const total = format.compact((totals.input_tokens ?? 0) + (totals.output_tokens ?? 0));
  return {
    ...common,
    id: 'tokens',
    title: `Tokens ${per(summary)}`,
    draw: 'stack',
    columns: kinds.map(({ key, label, token, values }) => column(key, label, token, values)),
    known,
    keys: kinds.map(({ key, label, token, why }) => ({ label: key, colour: `var(${token})`, title: why ?? label })),
    total: totalText(summary, known ? total : format.UNKNOWN),
    format: format.compact,
    tick: format.compact,
  };
}

function latencyPanel(summary: Summary, common: Common): Panel {
  const { all, totals } = summary;
  const columns = [column('p50', 'p50', '--accent', all.p50_ms), column('p95', 'p95', '--accent-soft', all.p95_ms)];
  return {
    ...common,
    id: 'latency',
    title: 'Latency',
    draw: 'spread',
    columns,
    known: totals.p50_ms !== null,
    whole: false,
    keys: columns,
    total: totalText(summary, `p50 ${format.duration(totals.p50_ms)}`),
    format: format.duration,
    tick: format.step,
  };
}

/** Of streamed calls alone: most bins may have none, which is not the same as unknown. */
function firstChunkPanel(summary: Summary, common: Common): Panel {
  const { all, totals } = summary;
  const [middle, slow] = [all.ttfc_p50_ms ?? [], all.ttfc_p95_ms ?? []];
  const columns = [column('p50', 'p50', '--accent', middle), column('p95', 'p95', '--accent-soft', slow)];
  return {
    ...common,
    id: 'first-chunk',
    title: 'First chunk',
    draw: 'spread',
    columns,
    errors: [],
    known: middle.some((value) => value !== null),
    whole: false,
    absent: totals.ttfc_p50_ms === null || all.ttfc_p50_ms !== undefined ? 'no streamed calls' : format.UNKNOWN,
    keys: columns,
    total: totalText(summary, totals.ttfc_p50_ms === null ? 'no streamed calls' : `p50 ${format.duration(totals.ttfc_p50_ms)}`),
    format: format.duration,
    tick: format.step,
  };
}

/** The keys are those of the quick filter of outcomes. */
function errorsPanel(summary: Summary, common: Common): Panel {
  const { all } = summary;
  const columns = [column('error', 'errors', '--error', all.errors)];
  if (all.cancelled !== undefined) columns.push(column('cancelled', 'cancelled', '--second-soft', all.cancelled));
  return {
    ...common,
    id: 'errors',
    title: `${columns.length > 1 ? 'Errors and cancelled' : 'Errors'} ${per(summary)}`,
    draw: 'stack',
    columns,
    keys: columns,
    total: totalText(summary, format.count(sum(all.errors) + sum(all.cancelled ?? []))),
    format: format.count,
    tick: format.compact,
    least: 3,
  };
}
