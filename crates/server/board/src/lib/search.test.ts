import { describe, expect, it } from 'vitest';
import { exactly, fieldOf, fieldsOnly, groupOf, has, split, textOf, toggled, turned, without, withoutGroup, writeField, writeTerm, writeWords } from './search';

const bare = (text: string) => ({ text, quoted: false });
const quoted = (text: string) => ({ text, quoted: true });

describe('a search', () => {
  it.each([
    // The table of the server's own tests.
    ['model:gpt-4o', false, 'model', [bare('gpt-4o')]],
    ['-model:gpt-4o', true, 'model', [bare('gpt-4o')]],
    ['model:""', false, 'model', [quoted('')]],
    ['model:"a * b"', false, 'model', [quoted('a * b')]],
    ['model:(a OR b)', false, 'model', [bare('a'), bare('b')]],
    ['model:(a "b c" )', false, 'model', [bare('a'), quoted('b c')]],
    ['"team name":x', false, 'team name', [bare('x')]],
    ['url:https://a.b/c', false, 'url', [bare('https://a.b/c')]],
    ['umbrella', false, null, [bare('umbrella')]],
    ['-"an umbrella"', true, null, [quoted('an umbrella')]],
    [String.raw`"read \"this\" C:\dir"`, false, null, [quoted(String.raw`read "this" C:\dir`)]],
    ['-', false, null, [bare('-')]],
  ])('is read as the server reads it: %s', (text, excluded, field, values) => {
    const [term, ...rest] = split(text);
    expect(rest).toEqual([]);
    expect(term).toMatchObject({ excluded, field, values, whole: true, from: 0, to: text.length });
  });

  it('is split at the spaces of Unicode', () => {
    const text = '  latency:>2 an\u0085umbrella\u00a0cost:<1 ';
    expect(split(text).map((term) => textOf(text, term))).toEqual(['latency:>2', 'an', 'umbrella', 'cost:<1']);
  });

  it.each(['model:', '"an umbrella', 'model:(a OR b', 'model:()', '""', ':x', 'model:"a'])('that is not whole is known: %s', (text) => {
    expect(split(text).at(-1)?.whole).toBe(false);
  });

  it('loses a term, and turns one around', () => {
    const text = 'umbrella  model:(a OR b) -user:u-1';
    const [, model, user] = split(text);
    if (model === undefined || user === undefined) throw new Error('terms are missing');
    expect(without(text, model)).toBe('umbrella -user:u-1');
    expect(turned(text, model)).toBe('umbrella -model:(a OR b) -user:u-1');
    expect(turned(text, user)).toBe('umbrella  model:(a OR b) user:u-1');
    expect(fieldsOnly(text)).toBe('model:(a OR b) -user:u-1');
    expect(withoutGroup(text, 'user')).toBe('umbrella model:(a OR b)');
  });
});

describe('terms', () => {
  it('come back from any text as they went', () => {
    for (const text of ['', 'a', 'a b', 'OR', 'g*', '(x)', 'a)b', '"', 'a"b', '\\', 'C:\\dir "x" \\', '>2', '-x', 'a\u00a0b', '\u202ereversed', 'a:b']) {
      for (const field of ['team', 'team name', '-x', 'a:b', 'a"b', '"q']) {
        for (const values of [[exactly(text)], [exactly('x'), exactly(text), exactly('OR')]]) {
          const term = writeTerm(field, values, true);
          const [read, ...rest] = split(term);
          expect(rest).toEqual([]);
          expect(read).toMatchObject({ field, excluded: true, whole: true });
          expect(read?.values.map((value) => value.text)).toEqual(values.map((value) => value.text));
        }
      }
      if (text !== '') expect(split(writeWords(text))).toMatchObject([{ field: null, values: [{ text }] }]);
    }
  });

  it('name a group by its shortest field that is not taken', () => {
    for (const group of ['model', 'thread', 'user', 'attr:team', 'attr:model', 'attr:cost', 'attr:has', 'attr:conversation', 'attr:attr:x', 'attr:a b', 'attr:']) {
      const [term] = split(`${writeField(fieldOf(group))}:x`);
      expect(groupOf(term?.field ?? '')).toBe(group);
    }
    expect(fieldOf('thread')).toBe('conversation');
    expect(fieldOf('attr:team')).toBe('team');
    expect(fieldOf('attr:model')).toBe('attr:model');
  });

  it('of a group are added, joined and taken away', () => {
    expect(toggled('', 'model', '')).toBe('model:""');
    expect(toggled('umbrella', 'attr:team name', 'a b')).toBe('umbrella "team name":"a b"');
    expect(toggled('model:a', 'model', 'b')).toBe('model:(a OR b)');
    expect(toggled('model:(a OR b)', 'model', 'a')).toBe('model:b');
    expect(toggled('model:b x', 'model', 'b')).toBe('x');
    expect(toggled('thread:c-1', 'thread', 'c-1')).toBe('');
    // A pattern and a value are both to be met.
    expect(toggled('model:gpt*', 'model', 'gpt-4o')).toBe('model:gpt* model:gpt-4o');
    expect(toggled('model:a', 'model', 'b', true)).toBe('model:a -model:b');
    expect(toggled('-model:b', 'model', 'b')).toBe('model:b');
    expect(toggled('model:b', 'model', 'b', true)).toBe('-model:b');
    expect(has('attr:team:x', 'attr:team', 'x')).toBe(false);
    expect(has('"attr:team":x', 'attr:team', 'x')).toBe(true);
    expect(has('model:g*', 'model', 'g*')).toBe(false);
  });
});
