import { describe, expect, it } from 'vitest';
import { diff, firstBreak, folded, MOST_LINES } from './diff';

const signs = { same: ' ', added: '+', removed: '-' };
const drawn = (before: string, after: string) => diff(before, after)?.map(({ kind, text }) => signs[kind] + text);
const numbered = (n: number, word = 'line') => Array.from({ length: n }, (_, at) => `${word} ${at}`).join('\n');

describe('a diff', () => {
  it('keeps what is in both, in order', () => {
    expect(drawn('a\nb\nc\nd', 'a\nx\nc\nd\ne')).toEqual([' a', '-b', '+x', ' c', ' d', '+e']);
    expect(drawn('a\nb\nc', 'b\nc\na')).toEqual(['-a', ' b', ' c', '+a']);
    expect(drawn('same', 'same')).toEqual([' same']);
    expect(drawn('', 'a')).toEqual(['-', '+a']);
  });

  it('leads from one text to the other', () => {
    const of = (seed: number) => Array.from({ length: 60 }, (_, at) => String((at * seed * 7919) % 5)).join('\n');
    for (let seed = 1; seed < 12; seed += 1) {
      const lines = diff(of(seed), of(seed + 1)) ?? [];
      const without = (kind: string) => lines.filter((line) => line.kind !== kind).map(({ text }) => text).join('\n');
      expect(without('added')).toBe(of(seed));
      expect(without('removed')).toBe(of(seed + 1));
    }
  });

  it('is bounded', () => {
    expect(diff(numbered(MOST_LINES), numbered(MOST_LINES, 'other'))).toHaveLength(2 * MOST_LINES);
    expect(diff(numbered(MOST_LINES + 1), 'a')).toBeNull();
    expect(diff('a', numbered(MOST_LINES + 1))).toBeNull();
  });

  it('folds equal lines far from a change', () => {
    const lines = folded(diff(numbered(20), `${numbered(20)}\nend`) ?? []);
    expect(lines.map((line) => line.kind)).toEqual(['equal', 'same', 'same', 'same', 'added']);
    expect(folded(diff('a\nb', 'a\nc') ?? []).map((line) => line.kind)).toEqual(['same', 'removed', 'added']);
    expect(folded(diff('a\nb\nc', 'a\nb\nc') ?? [])).toEqual([{ kind: 'equal', lines: ['a', 'b', 'c'] }]);
  });
});

describe('the place where two requests part', () => {
  it('is a character of a message, both counted from one', () => {
    expect(firstBreak(['system: hi', 'user: a'], ['system: hi', 'user: b'])).toEqual({ message: 2, character: 7 });
    expect(firstBreak(['abc'], ['ab'])).toEqual({ message: 1, character: 3 });
    expect(firstBreak(['😀a'], ['😀b'])).toEqual({ message: 1, character: 2 });
    expect(firstBreak(['a😀'], ['a😁'])).toEqual({ message: 1, character: 2 });
  });

  it('is nowhere when one begins with the other', () => {
    expect(firstBreak(['a'], ['a', 'b'])).toBeNull();
    expect(firstBreak([], ['a'])).toBeNull();
    expect(firstBreak(['a', 'b'], ['a'])).toBeNull();
  });
});
