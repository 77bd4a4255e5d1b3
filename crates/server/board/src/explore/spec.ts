// One question that is drawn: a measure, of which calls, broken down by what, drawn how.

import { groupWord } from '../lib/format';
import type { Own } from '../lib/own';
import { withOwn } from '../lib/own';
import type { Measure, QueryView, ViewAnswer, ViewGroup } from '../lib/query';
import { SLOTS } from '../lib/palette';
import { isProperty } from '../lib/search';
import { shared, type Spread } from '../lib/groups';
import { DEFAULTS, sectionPath, writeView, type StreamName, type View } from '../lib/url';
import { aboutMeasure, isLatency, isMeasure, isPanelMeasure, numberOf, type PanelMeasure } from './measures';

export const DRAWS = ['bars', 'lines', 'ranking', 'table', 'number'] as const;
export type Draw = (typeof DRAWS)[number];

export interface PanelSpec {
  title?: string;
  measure: PanelMeasure;
  /** None, one or two properties. */
  by: string[];
  draw: Draw;
  /** Fields that calls must meet in addition to the search. */
  q?: string;
  /** With spans that are no calls of models. */
  spans?: boolean;
  /** The most groups. */
  limit?: number;
  /** A measure or `key`, with - before it for descending. */
  sort?: string;
}

/** Groups of a ranking and of a table; a chart has as many as there are colours. */
const SHOWN = 12;
const TABLE_SHOWN = 50;
export const MOST_SHOWN = 500;

/** The server does not put groups in order by a number of calls: so many are asked for, and ordered here. */
const NUMBERED = 200;

const BINS = 48;

/** Ways to draw a measure that do not lie: only what adds up stands in bars over time. */
export function drawsOf(measure: PanelMeasure): Draw[] {
  const { adds, kind } = aboutMeasure(measure);
  if (kind === 'time') return ['table', 'number'];
  if (numberOf(measure) !== null) return ['ranking', 'table', 'number'];
  return adds ? ['bars', 'lines', 'ranking', 'table', 'number'] : ['lines', 'ranking', 'table', 'number'];
}

/** How it is drawn: as asked for, or else in the first way that the measure has. */
export function drawOf({ measure, draw }: Pick<PanelSpec, 'measure' | 'draw'>): Draw {
  const draws = drawsOf(measure);
  return draws.includes(draw) ? draw : (draws[0] ?? 'table');
}

export const isOverTime = (spec: PanelSpec) => ['bars', 'lines'].includes(drawOf(spec));

/** The properties that the answer is broken down by: one number has none. */
export const byOf = (spec: PanelSpec) => (drawOf(spec) === 'number' ? [] : spec.by.slice(0, 2));

export function limitOf(spec: PanelSpec): number {
  const draw = drawOf(spec);
  if (draw === 'number') return 1;
  const initial = draw === 'table' ? TABLE_SHOWN : draw === 'ranking' ? SHOWN : SLOTS;
  const most = draw === 'bars' || draw === 'lines' ? SLOTS : MOST_SHOWN;
  return Math.max(1, Math.min(spec.limit ?? initial, most));
}

/** The order of the groups. Curves of means and percentiles are of the groups with the most calls. */
export function sortOf(spec: PanelSpec): string {
  if (spec.sort !== undefined) return spec.sort;
  if (numberOf(spec.measure) !== null) return '-number';
  return isOverTime(spec) && !aboutMeasure(spec.measure).adds ? '-calls' : `-${spec.measure}`;
}

/** What a panel needs in addition to its measure. */
function measuresOf({ measure }: PanelSpec): Measure[] {
  const found = new Set<Measure>(['calls', 'errors']);
  if (isMeasure(measure)) found.add(measure);
  const { kind } = aboutMeasure(measure);
  if (kind === 'money') for (const more of ['priced_calls', 'unpriced_calls', 'estimated_calls'] as const) found.add(more);
  if (kind === 'tokens') found.add('counted_calls');
  if (isLatency(measure)) found.add('running');
  return [...found];
}

/** The view that a panel is drawn from. */
export function viewOf(spec: PanelSpec): QueryView {
  const number = numberOf(spec.measure);
  const sort = sortOf(spec);
  const isOwnOrder = sort.replace(/^-/, '') === 'number';
  const limit = limitOf(spec);
  const group = byOf(spec);
  return {
    name: titleOf(spec),
    ...(spec.q !== undefined && spec.q !== '' ? { q: spec.q } : {}),
    ...(group.length > 0 ? { group } : {}),
    ...(spec.spans === true ? { spans: true } : {}),
    ...(isOverTime(spec) ? { bins: BINS } : {}),
    limit: isOwnOrder ? Math.max(limit, NUMBERED) : limit,
    sort: isOwnOrder ? '-calls' : sort,
    measures: measuresOf(spec),
    ...(number === null ? {} : { numbers: [number.name] }),
  };
}

/** The server adds the sum; where it has none, the mean of so many values gives it. */
interface Summed extends Spread {
  sum?: number | null;
}

/** The measure of a group; null is unknown. */
export function valueOf(spec: PanelSpec, { stats, numbers }: Pick<ViewGroup, 'stats' | 'numbers'>): number | null {
  const number = numberOf(spec.measure);
  if (number === null) return stats[spec.measure as Measure] ?? null;
  const spread: Summed | undefined = numbers[number.name];
  if (spread === undefined || spread.n === 0 || spread.mean === null) return null;
  return number.stat === 'mean' ? spread.mean : (spread.sum ?? spread.mean * spread.n);
}

/** The groups to show, in the order of the spec. */
export function groupsOf(spec: PanelSpec, view: Pick<ViewAnswer, 'groups'>): ViewGroup[] {
  const sort = sortOf(spec);
  const limit = limitOf(spec);
  if (sort.replace(/^-/, '') !== 'number') return view.groups.slice(0, limit);
  const sign = sort.startsWith('-') ? -1 : 1;
  const known = (group: ViewGroup) => valueOf(spec, group);
  return [...view.groups]
    .sort((a, b) => {
      const [one, other] = [known(a), known(b)];
      // What is not known comes last, whichever way round.
      if (one === null || other === null) return Number(one === null) - Number(other === null);
      return sign * (one - other);
    })
    .slice(0, limit);
}

export const capital = (text: string) => (/^p\d/.test(text) ? text : text.slice(0, 1).toUpperCase() + text.slice(1));

/** "p95 latency by model over time". */
export function titleOf(spec: PanelSpec): string {
  if (spec.title !== undefined) return spec.title;
  const by = byOf(spec).map(groupWord).join(' and ');
  return `${capital(aboutMeasure(spec.measure).word)}${by === '' ? '' : ` by ${by}`}${isOverTime(spec) ? ' over time' : ''}`;
}

const DEFAULT: PanelSpec = { measure: 'calls', by: ['model'], draw: 'bars' };

export const isGroup = (text: string) => isProperty(text) || (text.startsWith('attr:') && text.length > 'attr:'.length);

/** A spec from an address; what means nothing there is the default. */
export function readSpec(own: Own): PanelSpec {
  const text = own.measure ?? '';
  const measure = isPanelMeasure(text) ? text : DEFAULT.measure;
  const first = own.by ?? 'model';
  const by = first === 'none' ? [] : [first, own.then ?? ''].filter(isGroup);
  const asked = DRAWS.find((draw) => draw === own.draw);
  const limit = Math.trunc(Number(own.shown ?? ''));
  const sort = own.order ?? '';
  const order = sort.replace(/^-/, '');
  const isOrder = order === 'key' || isMeasure(order) || (order === 'number' && numberOf(measure) !== null);
  return {
    measure,
    by: by.length === 0 && first !== 'none' ? DEFAULT.by : [...new Set(by)],
    draw: drawOf({ measure, draw: asked ?? drawsOf(measure)[0] ?? DEFAULT.draw }),
    ...(own.where ? { q: own.where } : {}),
    ...(own.spans === '1' ? { spans: true } : {}),
    ...(limit > 0 ? { limit: Math.min(limit, MOST_SHOWN) } : {}),
    ...(isOrder ? { sort } : {}),
  };
}

/** The parameters of a spec, those of other pages left as they are; defaults are left out. */
export function writeSpec(spec: PanelSpec): Own {
  const [first, then] = spec.by;
  const draw = drawOf(spec);
  return {
    measure: spec.measure === DEFAULT.measure ? null : spec.measure,
    by: first === undefined ? 'none' : first === 'model' ? null : first,
    then: then ?? null,
    draw: draw === drawsOf(spec.measure)[0] ? null : draw,
    where: spec.q === undefined || spec.q === '' ? null : spec.q,
    spans: spec.spans === true ? '1' : null,
    shown: spec.limit === undefined ? null : String(spec.limit),
    order: spec.sort ?? null,
  };
}

/** The page on which a spec can be changed, with the range and the search of a view. */
export function exploreHref(name: StreamName, view: View, spec: PanelSpec): string {
  return sectionPath(name, 'explore') + withOwn(writeView({ ...DEFAULTS, ...shared(view) }), writeSpec(spec));
}
