// A search as text and as terms. The grammar is the server's: see
// `crates/server/src/board/search`. What is wrong with a search the server
// states; here a text that is not closed is read as far as it goes.

/** What an answer states about its search. */
export interface SearchAnswer {
  /** Attributes in the search that no call has. */
  unknown_fields: string[];
  /** How far a search for words came; null where there are none. */
  content: { read: number; reached: number | null; is_complete: boolean } | null;
}

export interface Value {
  text: string;
  /** Nothing in it has a meaning of its own. */
  quoted: boolean;
}

export interface Term {
  excluded: boolean;
  /** Null for words of the content. */
  field: string | null;
  values: Value[];
  /** Where it stands in the text. */
  from: number;
  to: number;
  /** Where its last value stands, or would stand. */
  last: number;
  /** Whether it is whole: a mark is closed, a value is there. */
  whole: boolean;
}

/** The properties of calls by name, with what each is. */
export const PROPERTIES = ['model', 'op', 'provider', 'status', 'outcome', 'user', 'thread', 'name', 'stream'] as const;
export const NUMBERS = ['latency', 'first_chunk', 'cost', 'input', 'output', 'tokens'] as const;

const ALIASES: Record<string, string> = { conversation: 'thread', operation: 'op' };

/** The same characters as in the server: JavaScript's `\s` has others. */
const SPACE = /\p{White_Space}/u;

export function split(text: string): Term[] {
  const terms: Term[] = [];
  let at = skip(text, 0);
  while (at < text.length) {
    const term = readTerm(text, at);
    terms.push(term);
    at = skip(text, term.to);
  }
  return terms;
}

/** The text of a term as it stands. */
export function textOf(text: string, { from, to }: Pick<Term, 'from' | 'to'>): string {
  return text.slice(from, to);
}

function readTerm(text: string, from: number): Term {
  const after = text.slice(from + 1, from + 3);
  const excluded = text[from] === '-' && after !== '' && !SPACE.test(after[0] ?? '');
  const first = read(text, excluded ? from + 1 : from, ':');
  if (text[first.to] !== ':') {
    const whole = first.closed && first.value.text.trim() !== '';
    return { excluded, field: null, values: [first.value], from, to: first.to, last: excluded ? from + 1 : from, whole };
  }
  const field = first.value.text;
  const list = text[first.to + 1] === '(' ? readList(text, first.to + 2) : readOne(text, first.to + 1);
  return { excluded, field, ...list, from, whole: list.whole && first.closed && field !== '' };
}

type Values = Pick<Term, 'values' | 'to' | 'last' | 'whole'>;

function readOne(text: string, from: number): Values {
  const { value, to, closed } = read(text, from, '');
  const missing = value.text === '' && !value.quoted;
  return { values: missing ? [] : [value], to, last: from, whole: closed && !missing };
}

function readList(text: string, from: number): Values {
  const values: Value[] = [];
  let last = from;
  let at = skip(text, from);
  while (at < text.length) {
    if (text[at] === ')') return { values, to: at + 1, last, whole: values.length > 0 };
    last = at;
    const { value, to, closed } = read(text, at, ')');
    if (value.quoted || value.text !== 'OR') values.push(value);
    if (!closed) return { values, to, last, whole: false };
    at = skip(text, to);
    if (at > to) last = at;
  }
  return { values, to: text.length, last, whole: false };
}

/** A text in quotation marks, or up to a space or `end`. */
export function read(text: string, from: number, end: string): { value: Value; to: number; closed: boolean } {
  if (text[from] !== '"') {
    let to = from;
    while (to < text.length && text[to] !== end && !SPACE.test(text[to] ?? '')) to += 1;
    return { value: { text: text.slice(from, to), quoted: false }, to, closed: true };
  }
  let value = '';
  let escaped = false;
  for (let at = from + 1; at < text.length; at += 1) {
    const next = text[at] ?? '';
    if (next === '"' && !escaped) return { value: { text: value, quoted: true }, to: at + 1, closed: true };
    if (next === '\\' && !escaped) {
      escaped = true;
      continue;
    }
    // A backslash stands for itself before anything but a quotation mark or another.
    if (escaped && next !== '"' && next !== '\\') value += '\\';
    value += next;
    escaped = false;
  }
  return { value: { text: value, quoted: true }, to: text.length, closed: false };
}

function skip(text: string, from: number): number {
  let at = from;
  while (at < text.length && SPACE.test(text[at] ?? '')) at += 1;
  return at;
}

/** Terms in one line. */
export function join(...texts: string[]): string {
  return texts.map((text) => text.trim()).filter((text) => text !== '').join(' ');
}

/** The search without one of its terms. */
export function without(text: string, { from, to }: Pick<Term, 'from' | 'to'>): string {
  return join(text.slice(0, from), text.slice(to));
}

/** The search with another text in the place of one of its terms. */
export function replaced(text: string, { from, to }: Pick<Term, 'from' | 'to'>, by: string): string {
  return join(text.slice(0, from), by, text.slice(to));
}

/** The search with the term turned around: excluded if it was not. */
export function turned(text: string, term: Term): string {
  const own = textOf(text, term);
  return replaced(text, term, term.excluded ? own.slice(1) : `-${own}`);
}

const quote = (text: string) => `"${text.replace(/[\\"]/g, '\\$&')}"`;

/** A value as it is written: in quotation marks where anything in it has a meaning. */
export function writeValue({ text, quoted }: Value): string {
  if (quoted) return quote(text);
  return text === '' || text === 'OR' || SPACE.test(text) || /^["(]|\)/.test(text) ? quote(text) : text;
}

/** A text that is meant as it is. */
export function exactly(text: string): Value {
  return { text, quoted: text === '' || text === 'OR' || SPACE.test(text) || /^[<>]|[*"()]/.test(text) };
}

/** A field as it is written. */
export function writeField(field: string): string {
  return field === '' || SPACE.test(field) || /^["-]|:/.test(field) ? quote(field) : field;
}

/** A word of the content as it is written. */
export function writeWords(text: string): string {
  return SPACE.test(text) || /^["-]|:/.test(text) ? quote(text) : text;
}

export function writeTerm(field: string, values: Value[], excluded = false): string {
  const written = values.map(writeValue);
  const all = written.length === 1 ? (written[0] ?? '') : `(${written.join(' OR ')})`;
  return `${excluded ? '-' : ''}${writeField(field)}:${all}`;
}

/** The group that a field is of: a property, `attr:PATH`, or null for numbers and `has`. */
export function groupOf(field: string): string | null {
  if (field === 'has' || isNumber(field)) return null;
  const name = ALIASES[field] ?? field;
  if (isProperty(name)) return name;
  return name.startsWith('attr:') ? name : `attr:${name}`;
}

/** The field of a group, as it is shortest. */
export function fieldOf(group: string): string {
  if (group === 'thread') return 'conversation';
  if (!group.startsWith('attr:')) return group;
  const path = group.slice('attr:'.length);
  // A property, a number or a prefix of the grammar has the name: the prefix names the attribute.
  return groupOf(path) === group && path !== '' && !path.startsWith('attr:') ? path : group;
}

export const isNumber = (name: string) => (NUMBERS as readonly string[]).includes(name);
export const isProperty = (name: string) => (PROPERTIES as readonly string[]).includes(name);

/** Whether a value stands for itself, not for a pattern. */
const isExact = ({ text, quoted }: Value) => quoted || !text.includes('*');

/** The term that has the value of a group among its values. */
export function termOf(text: string, group: string, key: string, excluded: boolean): Term | undefined {
  return split(text).find(
    (term) =>
      term.whole &&
      term.excluded === excluded &&
      term.field !== null &&
      groupOf(term.field) === group &&
      term.values.some((value) => isExact(value) && value.text === key),
  );
}

export function has(text: string, group: string, key: string, excluded = false): boolean {
  return termOf(text, group, key, excluded) !== undefined;
}

/** The search with a value of a group taken away where it stands, or else added. */
export function toggled(text: string, group: string, key: string, excluded = false): string {
  const there = termOf(text, group, key, excluded);
  if (there !== undefined) return removed(text, there, key);
  const opposite = termOf(text, group, key, !excluded);
  const base = opposite === undefined ? text : removed(text, opposite, key);
  return added(base, group, key, excluded);
}

function removed(text: string, term: Term, key: string): string {
  const rest = term.values.filter((value) => !isExact(value) || value.text !== key);
  if (rest.length === 0) return without(text, term);
  return replaced(text, term, writeTerm(term.field ?? '', rest, term.excluded));
}

function added(text: string, group: string, key: string, excluded: boolean): string {
  // All terms are met, so a second value of a field joins the first; two that are excluded stand alone.
  const list = split(text).find(
    (term) =>
      !excluded && !term.excluded && term.whole && term.field !== null && groupOf(term.field) === group && term.values.every(isExact),
  );
  if (list === undefined) return join(text, writeTerm(fieldOf(group), [exactly(key)], excluded));
  return replaced(text, list, writeTerm(list.field ?? '', [...list.values, exactly(key)]));
}

/** The search without any term on a group. */
export function withoutGroup(text: string, group: string): string {
  const terms = split(text).filter(({ field }) => field === null || groupOf(field) !== group);
  return join(...terms.map((term) => textOf(text, term)));
}

/** The search without its words: its conditions on fields are answered at once. */
export function fieldsOnly(text: string): string {
  return join(...split(text).filter(({ field }) => field !== null).map((term) => textOf(text, term)));
}
