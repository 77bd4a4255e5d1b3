// What may stand where the caret is: a field, a value, a number's range.

import { exactly, groupOf, isNumber, NUMBERS, read, split, writeField, writeValue } from '../lib/search';

/** What is being typed, and which part of the text it is. */
export type Typed =
  | { kind: 'field'; isHas: boolean; prefix: string; from: number; to: number }
  | { kind: 'value'; field: string; group: string; prefix: string; from: number; to: number }
  | { kind: 'range'; field: string; prefix: string; from: number; to: number };

export interface Choice {
  /** What is written into the line. */
  text: string;
  label: string;
  note: string;
  /** Whether the term is then whole. */
  ends: boolean;
}

/** Fields as they are offered, the ones most asked for first. */
const FIELDS: [name: string, note: string][] = [
  ['model', 'model:gpt-4o*'],
  ['status', 'success, error, running'],
  ['user', 'user:(u-1 OR u-2)'],
  ['conversation', 'one conversation'],
  ['latency', 'latency:>2, in seconds'],
  ['cost', 'cost:>0.01, in dollars'],
  ['tokens', 'tokens:>1000, in and out'],
  ['input', 'input tokens'],
  ['output', 'output tokens'],
  ['first_chunk', 'first_chunk:>500ms'],
  ['op', 'chat, embeddings, …'],
  ['provider', 'openai, anthropic, …'],
  ['outcome', 'completed, cancelled, …'],
  ['name', 'name of the span'],
  ['has', 'has:user, with any value'],
];

const RANGES: Record<(typeof NUMBERS)[number], [text: string, note: string][]> = {
  latency: [['>2', 'more than 2 s'], ['>500ms', 'more than 500 ms'], ['<1', 'less than 1 s'], ['1..3', 'from 1 s to 3 s']],
  first_chunk: [['>1', 'more than 1 s'], ['>500ms', 'more than 500 ms'], ['<200ms', 'less than 200 ms']],
  cost: [['>0.01', 'more than 1 cent'], ['>=0.1', '10 cents or more'], ['0.001..0.01', 'up to 1 cent']],
  input: [['>1000', 'more than 1,000'], ['>10k', 'more than 10,000'], ['<100', 'less than 100']],
  output: [['>1000', 'more than 1,000'], ['<10', 'less than 10'], ['0', 'none']],
  tokens: [['>1000', 'more than 1,000'], ['>10k', 'more than 10,000'], ['100..500', 'from 100 to 500']],
};

export function typed(text: string, caret: number): Typed {
  const term = split(text.slice(0, caret)).at(-1);
  // After a space, or after a term that is closed, a new one begins.
  const isOpen = term !== undefined && term.to === caret && !/["\)]$/.test(term.whole ? text.slice(0, caret) : '');
  if (!isOpen) return { kind: 'field', isHas: false, prefix: '', from: caret, to: caret };
  const { value, to } = read(text, term.last, term.field === null ? ':' : isList(text, term.last, term.from) ? ')' : '');
  const prefix = value.quoted ? read(text.slice(0, caret), term.last, '').value.text : text.slice(term.last, caret);
  const place = { prefix, from: term.last, to: Math.max(to, caret) };
  if (term.field === null || term.field === 'has') return { kind: 'field', isHas: term.field !== null, ...place };
  if (isNumber(term.field)) return { kind: 'range', field: term.field, ...place };
  return { kind: 'value', field: term.field, group: groupOf(term.field) ?? '', ...place };
}

const isList = (text: string, last: number, from: number) => /:\(/.test(text.slice(from, last));

/** Fields that begin so, or that hold the text; attributes after what every call has. */
export function fields(prefix: string, paths: string[], isHas: boolean): Choice[] {
  const wanted = prefix.toLowerCase();
  const own = FIELDS.filter(([name]) => !isHas || name !== 'has').map(([name, note]) => ({ name, note }));
  const all = [...own, ...paths.map((path) => ({ name: attributeField(path), note: 'attribute' }))];
  const rank = (name: string) => (name.toLowerCase().startsWith(wanted) ? 0 : 1);
  return all
    .filter(({ name }) => name.toLowerCase().includes(wanted))
    .sort((a, b) => rank(a.name) - rank(b.name))
    .map(({ name, note }) => ({ text: writeField(name) + (isHas ? '' : ':'), label: name, note, ends: isHas }));
}

const attributeField = (path: string) => (groupOf(path) === `attr:${path}` ? path : `attr:${path}`);

export function ranges(field: string, prefix: string): Choice[] {
  const found = RANGES[field as (typeof NUMBERS)[number]] ?? [];
  return found
    .filter(([text]) => text.startsWith(prefix) && text !== prefix)
    .map(([text, note]) => ({ text, label: text, note, ends: true }));
}

export function valueText(value: string): string {
  return writeValue(exactly(value));
}

/** The text with a choice in the place of what was typed, and where the caret is then. */
export function chosen(text: string, at: Typed, choice: Choice): { text: string; caret: number } {
  const left = text.slice(0, at.from) + choice.text;
  return { text: left + text.slice(at.to), caret: left.length };
}
