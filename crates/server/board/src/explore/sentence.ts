// The question of a panel in one sentence.

import { groupWord, isolated, span } from '../lib/format';
import { join } from '../lib/search';
import type { Range, View } from '../lib/url';
import { isOfTools, lackOf } from './coverage';
import { aboutMeasure, numberOf } from './measures';
import { byOf, drawOf, limitOf, sortOf, type PanelSpec } from './spec';

const RANGE_WORDS: Record<Range, string> = {
  '15m': 'in the last 15 minutes',
  '1h': 'in the last hour',
  '24h': 'in the last 24 hours',
  '7d': 'in the last 7 days',
  all: 'since the first one',
};

export function sentenceOf(spec: PanelSpec, view: View): string {
  const where = join(view.q, spec.q ?? '');
  const parts = [`${subject(spec)} ${rangeWords(view)}`, shape(spec)].filter((part) => part !== '');
  return `${parts.join(', ')}${where === '' ? '' : `, where ${isolated(where)}`}.${toolsNote(spec)}`;
}

/** Tools are counted with the calls that lack a price, so that those cannot be counted apart. */
function toolsNote(spec: PanelSpec): string {
  if (!isOfTools(spec)) return '';
  const what = lackOf(spec.measure) === 'price' ? 'price' : 'tokens';
  return ` Tools and agents have no ${what}; calls whose ${what === 'price' ? 'price is' : 'tokens are'} unknown are left out with them.`;
}

export function rangeWords({ range, from, to }: Pick<View, 'range' | 'from' | 'to'>): string {
  if (from !== null && to !== null) return `from ${span(from, to)}`;
  if (from !== null) return 'from a chosen time on';
  return to !== null ? 'up to a chosen time' : RANGE_WORDS[range];
}

function subject(spec: PanelSpec): string {
  const { word, kind } = aboutMeasure(spec.measure);
  const calls = spec.spans === true ? 'calls and other spans' : 'calls to models';
  if (spec.measure === 'calls') return `The number of ${calls}`;
  if (numberOf(spec.measure) !== null) return `The ${isolated(word)} over ${calls}`;
  if (kind === 'count') return `The number of ${word} among ${calls}`;
  return kind === 'time' ? `The time of the ${word} among ${calls}` : `The ${word} of ${calls}`;
}

function shape(spec: PanelSpec): string {
  const each = byOf(spec).map((group) => isolated(groupWord(group))).join(' and ');
  const draw = drawOf(spec);
  if (draw === 'number') return 'as one number';
  if (each === '') return draw === 'bars' || draw === 'lines' ? 'over time' : '';
  if (draw === 'bars') return `over time, stacked by ${each}`;
  if (draw === 'lines') return `over time, a line for each ${each}`;
  return `for each ${each}, ${orderWords(sortOf(spec))}, at most ${limitOf(spec)}`;
}

function orderWords(sort: string): string {
  const of = sort.replace(/^-/, '');
  if (of === 'key') return sort === 'key' ? 'by name' : 'by name from Z';
  const way = sort.startsWith('-') ? 'largest' : 'smallest';
  return of === 'calls' ? `those with the ${way === 'largest' ? 'most' : 'fewest'} calls first` : `the ${way} first`;
}
