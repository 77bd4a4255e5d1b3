import { expect, test } from 'vitest';
import { CHARACTERS, fold, hidden, LINES } from './fold';

const lines = (n: number) => Array.from({ length: n }, (_, at) => `line ${at}`).join('\n');

test('a text is cut after twelve lines', () => {
  const text = lines(40);
  expect(text.slice(0, fold(text)).split('\n')).toHaveLength(LINES);
  expect(hidden(text)).toBe('40 lines');
});

test('a text without lines is cut by its length', () => {
  const text = 'x'.repeat(10_000);
  expect(fold(text)).toBe(CHARACTERS);
  expect(hidden(text)).toBe('10,000 characters');
});

test('two or three lines more are shown, not folded', () => {
  for (const text of [lines(LINES), lines(LINES + 3), 'x'.repeat(CHARACTERS + 100)]) expect(fold(text)).toBe(text.length);
  expect(fold(lines(LINES + 6))).toBeLessThan(lines(LINES + 6).length);
});

test('a pair of surrogates stays whole', () => {
  expect(fold(`${'x'.repeat(CHARACTERS - 1)}${'😀'.repeat(1_000)}`)).toBe(CHARACTERS - 1);
});
