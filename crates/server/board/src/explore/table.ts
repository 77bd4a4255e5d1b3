// The columns of a table of groups.

import { count } from '../lib/format';
import type { ViewGroup } from '../lib/query';
import { aboutMeasure, numberOf, write, type PanelMeasure } from './measures';
import { notesOf } from './panel';
import { valueText } from './series';
import { capital, valueOf, type PanelSpec } from './spec';

export interface ColumnHead {
  title: string;
  /** What a click orders by; null where there is no order. */
  sort: string | null;
}

export interface Cell {
  text: string;
  isKnown: boolean;
  note: string;
}

const CALLS: ColumnHead = { title: 'Calls', sort: 'calls' };

export function columnsOf({ measure }: PanelSpec): ColumnHead[] {
  const number = numberOf(measure);
  if (number === null) {
    const own = { title: capital(aboutMeasure(measure).word), sort: measure };
    return measure === 'calls' ? [CALLS, { title: 'Errors', sort: 'errors' }] : [CALLS, own];
  }
  const sort = (stat: string) => (stat === number.stat ? 'number' : null);
  return [CALLS, { title: 'With a value', sort: null }, { title: 'Sum', sort: sort('sum') }, { title: 'Mean', sort: sort('mean') }];
}

/** The cells of a group, in the order of the columns. `isPart` where the numbers of all are not asked for. */
export function cellsOf(spec: PanelSpec, group: Pick<ViewGroup, 'stats' | 'numbers'>, isPart = false): Cell[] {
  const { measure } = spec;
  const calls: Cell = { text: count(group.stats.calls ?? 0), isKnown: true, note: '' };
  const number = numberOf(measure);
  if (number === null) {
    if (measure === 'calls') return [calls, { text: count(group.stats.errors ?? 0), isKnown: true, note: '' }];
    return [calls, { text: valueText(spec, group), isKnown: valueOf(spec, group) !== null, note: notesOf(spec, group.stats).join(' · ') }];
  }
  const { name } = number;
  if (isPart && group.numbers[name] === undefined) return [calls, ...[0, 1, 2].map(() => ({ text: '', isKnown: false, note: '' }))];
  const of = (stat: 'sum' | 'mean'): Cell => {
    const own: PanelMeasure = `number:${stat}:${name}`;
    const value = valueOf({ ...spec, measure: own }, group);
    return { text: write(own, value), isKnown: value !== null, note: '' };
  };
  return [calls, { text: count(group.numbers[name]?.n ?? 0), isKnown: true, note: '' }, of('sum'), of('mean')];
}
