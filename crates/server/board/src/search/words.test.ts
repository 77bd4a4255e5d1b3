import { expect, it } from 'vitest';
import { split } from '../lib/search';
import { notes, shown } from './words';

it('terms are shown in words', () => {
  const of = (q: string) => split(q).map(shown);
  expect(of('thread:c-1 user:(a OR b) "an umbrella" latency:>2 has:user team:""')).toEqual([
    { field: 'conversation', value: 'c-1' },
    { field: 'user', value: '\u2068a\u2069 or \u2068b\u2069' },
    { field: '', value: '“\u2068an umbrella\u2069”' },
    { field: 'latency', value: '>2' },
    { field: 'has', value: 'user' },
    { field: 'team', value: 'not set' },
  ]);
});

it('an answer states how far it came', () => {
  const reached = new Date(2026, 10, 28, 14, 2).getTime();
  const now = new Date(2026, 10, 30).getTime();
  const content = { read: 12_400, reached, is_complete: false };
  expect(notes({ unknown_fields: ['tean'], content }, now)).toEqual([
    'No call has the field \u2068tean\u2069',
    'Searched 12,400 calls back to 28 Nov 14:02',
  ]);
  expect(notes({ unknown_fields: [], content: { ...content, is_complete: true } }, now)).toEqual([]);
});
