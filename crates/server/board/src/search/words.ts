// Terms and answers in words.

import * as format from '../lib/format';
import { groupOf, type SearchAnswer, type Term } from '../lib/search';

/** A term as its chip shows it. */
export interface Shown {
  field: string;
  value: string;
}

export function shown(term: Term): Shown {
  // Marks of direction in one value must not turn around what stands next to it.
  const texts = term.values.map(({ text }) => text);
  const listed = (of: string[]) => (of.length === 1 ? (of[0] ?? '') : of.map(format.isolated).join(' or '));
  if (term.field === null) return { field: '', value: `“${format.isolated(texts[0] ?? '')}”` };
  if (term.field === 'has') return { field: 'has', value: listed(texts) };
  const group = groupOf(term.field);
  const value = listed(texts.map((text) => (group === null ? text : format.groupKey(group, text))));
  return { field: group === null ? term.field : format.groupWord(group), value };
}

/** What a reader should know of the search that is on screen. */
export function notes({ unknown_fields, content }: SearchAnswer, now: number): string[] {
  const unknown = unknown_fields.map((field) => `No call has the field ${format.isolated(field)}`);
  if (content === null || content.is_complete) return unknown;
  const read = `Searched ${format.plural(content.read, 'call')}`;
  if (content.reached === null) return [...unknown, `${read}, not all`];
  const day = format.dayWithin(content.reached, { from: content.reached, to: now });
  return [...unknown, `${read} back to ${day} ${format.clock(content.reached, 'min')}`];
}
