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

test('a click asks for the group alone, whatever other values stood there', () => {
  expect(picked('model:(a OR b)', ['model'], ['a'], false)).toBe('model:a');
  expect(isPicked('model:(a OR b)', ['model'], ['a'])).toBe(false);
  expect(picked('model:(a OR b) status:error', ['model', 'user'], ['a', 'u'], false)).toBe('status:error model:a user:u');
  expect(picked('model:a user:u', ['model', 'user'], ['b', 'u'], false)).toBe('user:u model:b');
  expect(picked('model:a* -model:ab', ['model'], ['ac'], false)).toBe('-model:ab model:ac');
});

test('a value that was left out is asked for, and other fields stay', () => {
  expect(picked('-model:a hello cost:>1', ['model'], ['a'], false)).toBe('hello cost:>1 model:a');
  expect(picked('conversation:t hello', ['thread'], ['t'], false)).toBe('hello');
});

test('a missing value is a value', () => {
  expect(picked('', ['model', 'user'], ['a', ''], false)).toBe('model:a user:""');
  expect(picked('model:a user:""', ['model', 'user'], ['a', ''], false)).toBe('');
});
