import { expect, test } from 'vitest';
import { isPicked, picked } from './pick';

test('one property: a click adds its term, the same again takes it away', () => {
  expect(picked('', ['model'], ['a'], false)).toBe('model:a');
  expect(picked('model:a', ['model'], ['a'], false)).toBe('');
  expect(picked('', ['model'], ['a'], true)).toBe('-model:a');
});

test('two properties: the terms that are missing are added, both are taken away', () => {
  const by = ['model', 'user'];
  expect(picked('model:a', by, ['a', 'u'], false)).toBe('model:a user:u');
  expect(isPicked('model:a user:u', by, ['a', 'u'])).toBe(true);
  expect(picked('model:a user:u', by, ['a', 'u'], false)).toBe('');
});

test('a pair cannot be left out, and all calls are no group', () => {
  expect(picked('x', ['model', 'user'], ['a', 'u'], true)).toBe('x');
  expect(isPicked('', [], [])).toBe(false);
  expect(picked('x', [], [], false)).toBe('x');
});
