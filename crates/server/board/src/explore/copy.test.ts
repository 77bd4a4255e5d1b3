import { expect, test } from 'vitest';
import { DEFAULTS } from '../lib/url';
import { bodyOf, cliOf, curlOfQuery } from './copy';
import { sentenceOf } from './sentence';
import type { PanelSpec } from './spec';

const name = { entity: 'acme', project: 'bot', stream: 'logs' };
const view = { ...DEFAULTS, range: '1h' as const, q: "user:o'neil" };
const spec: PanelSpec = { measure: 'cost_usd', by: ['model', 'attr:a b'], draw: 'ranking' };

test('the body has the range, the search and the view', () => {
  expect(bodyOf(name, view, spec, 3_600_000)).toMatchObject({ ...name, from: 0, to: 3_600_000, q: "user:o'neil", views: [{ sort: '-cost_usd' }] });
});

test('a shell takes the body as one text', () => {
  expect(curlOfQuery('http://h', name, view, spec, 3_600_000)).toContain(`"q":"user:o'\\''neil"`);
});

test('the command line lists the same groups', () => {
  expect(cliOf(name, view, spec)).toBe(
    `spanloom groups acme/bot/logs --by model --by 'attr:a b' --sort -cost_usd --limit 12 --search 'user:o'\\''neil' --since 1h`,
  );
});

test('there is no command for what the command line cannot list', () => {
  expect(cliOf(name, view, { ...spec, draw: 'bars' })).toBeNull();
  expect(cliOf(name, view, { ...spec, by: [] })).toBeNull();
  expect(cliOf(name, view, { ...spec, measure: 'number:sum:attr:x' })).toBeNull();
  expect(cliOf(name, { ...view, from: 1 }, spec)).toBeNull();
  expect(cliOf({ ...name, stream: 'a\u001bb' }, view, spec)).toBeNull();
});

test('the question is a sentence', () => {
  const own = sentenceOf({ measure: 'p95_ms', by: ['model'], draw: 'lines' }, { ...DEFAULTS, range: '24h' });
  expect(own.replace(/[\u2068\u2069]/g, '')).toBe('The p95 latency of calls to models in the last 24 hours, over time, a line for each model.');
  expect(sentenceOf({ measure: 'calls', by: [], draw: 'number' }, DEFAULTS)).toBe('The number of calls to models since the first one, as one number.');
});
