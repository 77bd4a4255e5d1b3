// A pivot: one measure of calls by the values of two properties.

import type { Attribute } from './api';
import * as format from './format';
import { isFew, type GroupRow, type Spread } from './groups';
import { isProperty } from './search';

export type Cell = Spread;

interface Measure {
  title: string;
  /** What stands under the table. */
  note: string;
  cell: (row: GroupRow) => Cell;
  /** `decimals` make the costs of a table line up. */
  text: (value: number, decimals: number) => string;
  /** Whether totals over cells are sums, not means. */
  sums: boolean;
  /** What a cell counts. */
  of: string;
}

const spread = (name: keyof GroupRow['spread']) => (row: GroupRow) => row.spread[name];

export const MEASURES = {
  latency: { title: 'Latency, mean', note: 'mean ± standard deviation', cell: spread('latency_ms'), text: format.duration, sums: false, of: 'finished calls' },
  first_chunk: { title: 'First chunk, mean', note: 'mean ± standard deviation', cell: spread('ttfc_ms'), text: format.duration, sums: false, of: 'streamed calls' },
  cost: { title: 'Cost a call', note: 'mean ± standard deviation', cell: spread('cost_usd'), text: format.costFixed, sums: false, of: 'priced calls' },
  output: { title: 'Output tokens', note: 'mean ± standard deviation', cell: spread('output_tokens'), text: format.mean, sums: false, of: 'counted calls' },
  tokens: { title: 'Total tokens', note: 'mean ± standard deviation', cell: spread('total_tokens'), text: format.mean, sums: false, of: 'counted calls' },
  calls: {
    title: 'Calls',
    note: 'number of calls',
    cell: ({ stats }) => ({ n: stats.calls, mean: stats.calls, deviation: null }),
    text: format.count,
    sums: true,
    of: 'calls',
  },
  errors: {
    title: 'Error rate',
    note: 'share of calls that failed',
    cell: ({ stats }) => ({ n: stats.calls, mean: stats.calls === 0 ? null : stats.errors / stats.calls, deviation: null }),
    text: (value) => format.percent(value, 1),
    sums: false,
    of: 'calls',
  },
} satisfies Record<string, Measure>;

export type MeasureName = keyof typeof MEASURES;

export function readMeasure(text: string | null | undefined): MeasureName {
  return text !== null && text !== undefined && Object.hasOwn(MEASURES, text) ? (text as MeasureName) : 'latency';
}

/** A property that calls are grouped by; null for what is none. */
export function readProperty(text: string | null | undefined): string | null {
  return text != null && (isProperty(text) || text.startsWith('attr:')) ? text : null;
}

export function measureOf(name: MeasureName): Measure {
  return MEASURES[name];
}

export interface Line {
  key: string;
  total: Cell;
  calls: number;
}

export interface Pivot {
  rows: Line[];
  columns: Line[];
  /** By the keys of a row and of a column; none where there is no call. */
  cell: (row: string, column: string) => Cell | null;
  /** Whether all pairs are measured: one without a cell then has no calls. */
  complete: boolean;
  /** Over all calls; null where it cannot be known. */
  total: Cell | null;
}

/** What is asked of the server for a pivot: the pairs, and each property alone for the totals. */
export interface PivotAnswer {
  pairs: GroupRow[];
  rows: GroupRow[];
  columns: GroupRow[];
  /** The pairs that there are; more than are measured. */
  pairsTotal: number;
  /** All rows and columns are there, so that they add up to all calls. */
  whole: boolean;
}

const pairKey = (row: string, column: string) => JSON.stringify([row, column]);

export function buildPivot(answer: PivotAnswer, name: MeasureName, order: string, across: string): Pivot {
  const measure = measureOf(name);
  const cells = new Map<string, Cell>();
  for (const pair of answer.pairs) cells.set(pairKey(pair.keys[0] ?? '', pair.keys[1] ?? ''), measure.cell(pair));
  const lines = (groups: GroupRow[]): Line[] =>
    groups.map((group) => ({ key: group.keys[0] ?? '', total: measure.cell(group), calls: group.stats.calls }));
  const cell = (row: string, column: string) => cells.get(pairKey(row, column)) ?? null;
  const rows = lines(answer.rows);
  return {
    rows: sortLines(rows, order, (row, column) => cell(row, column)),
    columns: sortLines(lines(answer.columns), across, (column, row) => cell(row, column)),
    cell,
    complete: answer.pairs.length >= answer.pairsTotal,
    total: answer.whole ? pooled(rows.map(({ total }) => total), name) : null,
  };
}

/** The number of all, their mean and their deviation, from those of the parts. */
export function pooled(parts: Cell[], name: MeasureName): Cell | null {
  const known = parts.filter((part): part is Cell & { mean: number } => part.n > 0 && part.mean !== null);
  const n = known.reduce((sum, part) => sum + part.n, 0);
  if (n === 0) return null;
  if (measureOf(name).sums) return { n, mean: known.reduce((sum, part) => sum + part.mean, 0), deviation: null };
  const mean = known.reduce((sum, part) => sum + part.n * part.mean, 0) / n;
  const squares = known.reduce(
    (sum, part) => sum + (part.deviation ?? 0) ** 2 * (part.n - 1) + part.n * (part.mean - mean) ** 2,
    0,
  );
  const spreads = name !== 'errors' && n > 1;
  return { n, mean, deviation: spreads ? Math.sqrt(squares / (n - 1)) : null };
}

/**
 * The order of rows or of columns: by their calls, their name, their total, or
 * by one column or row, as `at:KEY`. Nothing goes last, and so does the line of
 * calls without the property: it is no setting that was tried.
 */
function sortLines(lines: Line[], order: string, cell: (line: string, at: string) => Cell | null): Line[] {
  const descending = order.startsWith('-');
  const by = order.replace(/^-/, '');
  const value = (line: Line): number | null => {
    if (by === 'calls') return line.calls;
    if (by === 'total') return line.total.mean;
    return by.startsWith('at:') ? (cell(line.key, by.slice('at:'.length))?.mean ?? null) : null;
  };
  const sign = descending ? -1 : 1;
  return [...lines].sort((one, other) => {
    if ((one.key === '') !== (other.key === '')) return one.key === '' ? 1 : -1;
    const [left, right] = [value(one), value(other)];
    if (left !== null && right !== null && left !== right) return sign * (left - right);
    if ((left === null) !== (right === null)) return left === null ? 1 : -1;
    const names = one.key < other.key ? -1 : one.key > other.key ? 1 : 0;
    return by === 'key' ? sign * names : names;
  });
}

/** What a cell reads as. */
export interface Shown {
  text: string;
  deviation: string;
  note: string;
  few: boolean;
}

export function show(cell: Cell, name: MeasureName, decimals: number): Shown {
  const measure = measureOf(name);
  if (cell.mean === null || cell.n === 0) return { text: format.UNKNOWN, deviation: '', note: '', few: false };
  return {
    text: measure.text(cell.mean, decimals),
    deviation: cell.deviation === null ? '' : `± ${measure.text(cell.deviation, decimals)}`,
    note: measure.sums ? '' : `n ${format.count(cell.n)}`,
    // A count is a count, however small.
    few: !measure.sums && isFew(cell.n),
  };
}

/** The least and the most of a table's cells; of none, both are 0. */
export interface Bounds {
  least: number;
  most: number;
}

/** In one pass: thousands of cells are too many arguments of a function. */
export function boundsOf(values: (number | null)[]): Bounds {
  let [least, most] = [Infinity, -Infinity];
  for (const value of values) {
    if (value === null) continue;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return most < least ? { least: 0, most: 0 } : { least, most };
}

/** How strongly a value is shaded, from 0 to 1, among the others. */
export function shade(value: number | null, { least, most }: Bounds): number {
  return value !== null && most > least ? (value - least) / (most - least) : 0;
}

/** What is drawn at first, and the most cells: beyond them a browser takes seconds. */
const FIRST = { rows: 100, columns: 20 };
export const MOST_CELLS = 5_000;

/** How many rows and columns of a pivot are drawn. */
export function drawn(rows: number, columns: number, every: boolean): { rows: number; columns: number } {
  if (!every) return { rows: Math.min(rows, FIRST.rows), columns: Math.min(columns, FIRST.columns) };
  const high = Math.min(rows, Math.max(FIRST.rows, Math.floor(MOST_CELLS / Math.max(1, columns))));
  return { rows: high, columns: Math.min(columns, Math.floor(MOST_CELLS / Math.max(1, high))) };
}

/** Values that make a property worth trying: more than one, and not one for every call. */
const MOST_VALUES = 50;

/** The two properties of an address; one by itself would fill a diagonal, so another takes its place. */
export function propertiesOf(
  own: { rows?: string | null; columns?: string | null },
  attributes: Attribute[],
): { rows: string; columns: string } {
  const first = suggested(attributes);
  const [rows, columns] = [readProperty(own.rows), readProperty(own.columns)];
  const other = (than: string) => [first.columns, first.rows, 'model'].find((one) => one !== than) ?? 'status';
  if (rows === null && columns !== null) return { rows: first.rows === columns ? other(columns) : first.rows, columns };
  const left = rows ?? first.rows;
  const right = columns ?? first.columns;
  return { rows: left, columns: right === left ? other(left) : right };
}

/** What a pivot shows at first: an experiment's parameters if there are any. */
export function suggested(attributes: Attribute[]): { rows: string; columns: string } {
  const worth = attributes.filter(({ values }) => values > 1 && values <= MOST_VALUES);
  // Spans of other programs keep the parameters of a prompt apart, by the same name.
  const parameters = worth.filter(({ path }) => path.startsWith('otel.params.'));
  const tried = parameters.length > 0 ? parameters : worth.filter(({ path }) => !path.startsWith('otel.'));
  const [first, ...others] = [...tried].sort((one, other) => other.values - one.values);
  if (first === undefined) return { rows: 'model', columns: 'status' };
  const last = others.reduce<(typeof others)[number] | null>((least, one) => (least === null || one.values < least.values ? one : least), null);
  return { rows: `attr:${first.path}`, columns: last === null ? 'model' : `attr:${last.path}` };
}
