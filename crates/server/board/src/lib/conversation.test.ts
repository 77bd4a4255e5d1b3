import { describe, expect, it } from 'vitest';
import { flatten, requestParameters } from './conversation';
import { pretty, prettyText } from './json';

/** `{"a":{"a":…1}}`, so many levels deep. */
const deep = (levels: number) => JSON.parse(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`) as unknown;

describe('leaves', () => {
  it('are named by their path', () => {
    expect(flatten({ a: { b: 1 }, c: [1, 2] })).toEqual([['a.b', 1], ['c', [1, 2]]]);
  });

  it('lie no deeper than names are read', () => {
    const leaves = flatten(deep(20_000));
    expect(leaves).toHaveLength(1);
    expect(leaves[0]?.[0].split('.')).toHaveLength(32);
  });
});

describe('parameters', () => {
  it('are what is no content', () => {
    const inputs = { model: 'm', messages: [], input: 'x', prompt: 'p', instructions: 'i', n: 2 };
    expect(requestParameters({ inputs })).toEqual([['model', 'm'], ['n', 2]]);
    for (const odd of [null, 5, 'text', []]) expect(requestParameters({ inputs: odd })).toEqual([]);
  });
});

describe('a value too deep for JSON.stringify', () => {
  it('is shown as far as it can be', () => {
    const shown = pretty(deep(20_000));
    expect(shown).toContain('"…"');
    expect(prettyText(`${'['.repeat(20_000)}${']'.repeat(20_000)}`)).toContain('…');
  });
});
