import { expect, test } from 'vitest';
import type { Stats } from '../lib/api';
import { DEFAULTS } from '../lib/url';
import { allOf, callsOf, HIGHLIGHTS, secondGroup, withTerms } from './questions';

const name = { entity: 'e', project: 'p', stream: 's' };
const errors = HIGHLIGHTS.find(({ id }) => id === 'errors')!;

test('a term of the search is not asked twice', () => {
  expect(withTerms('status:error model:a', ['has:op', 'status:error'])).toBe('status:error model:a has:op');
});

test('a list asks for five calls within the search, in an order of its own', () => {
  const query = callsOf(errors, name, { ...DEFAULTS, q: 'model:a', sort: 'model', page: 3 }, 0);
  expect(Object.fromEntries(query)).toEqual({ ...name, q: 'model:a has:op status:error', sort: '-started_at', limit: '5' });
  expect(allOf(errors, { ...DEFAULTS, q: 'model:a' })).toEqual({ q: 'model:a has:op status:error', sort: '-started_at', page: 1 });
});

test('users are ranked where there are some, else the attribute of most values', () => {
  const summary = {
    totals: { calls: 10 } as Stats,
    attributes: [
      { path: 'one', values: 1 },
      { path: 'template', values: 2 },
      { path: 'tenant', values: 4 },
      { path: 'request', values: 10 },
    ],
  };
  expect(secondGroup(summary, 'model', true)).toBe('user');
  expect(secondGroup(summary, 'user', true)).toBe('attr:tenant');
  expect(secondGroup(summary, 'model', false)).toBe('attr:tenant');
  expect(secondGroup(summary, 'attr:tenant', false)).toBe('attr:template');
  // A filter leaves it one value.
  expect(secondGroup({ ...summary, attributes: [{ path: 'tenant', values: 1 }, { path: 'template', values: 3 }] }, 'model', false, 'attr:tenant')).toBe('attr:tenant');
  expect(secondGroup({ ...summary, attributes: [] }, 'model', false)).toBeNull();
});
