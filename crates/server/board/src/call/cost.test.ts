import { expect, it } from 'vitest';
import { costParts } from './cost';

const costs = { m: { prompt_tokens_total_cost: 3, cache_read_input_tokens_total_cost: 1, cache_creation_input_tokens_total_cost: 0 } };

it('a cost has the parts that are recorded', () => {
  const cost = { total_usd: 9, input_usd: 4, output_usd: 2, reasoning_usd: 1, audio_output_usd: 2, source: 'priced', price_date: null };
  expect(costParts({ cost })).toEqual([['in', 4], ['out', 2], ['reasoning', 1], ['audio output', 2]]);
  for (const none of [null, undefined, {}, { cost: null }, { cost: 'x' }, { cost: { input_usd: '1' } }]) expect(costParts(none)).toEqual([]);
});

it('its input is taken apart by tier where the tiers add up', () => {
  const cost = { total_usd: 6, input_usd: 4, output_usd: 2 };
  expect(costParts({ cost, weave: { costs } })).toEqual([['in', 3], ['cached', 1], ['out', 2]]);
  expect(costParts({ cost: { ...cost, input_usd: 8 }, weave: { costs } })).toEqual([['in', 8], ['out', 2]]);
});
