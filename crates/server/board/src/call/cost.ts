// What a cost is made of: the parts that the record holds, and the tiers of
// the input where the server has worked them out.

type Json = Record<string, unknown>;

export type CostPart = [name: string, usd: number];

const asObject = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
const asNumber = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);

const NAMES: Record<string, string> = { input: 'in', output: 'out' };

/** Tiers of the input by their names in Weave's costs. */
const TIERS: [key: string, name: string][] = [
  ['prompt_tokens_total_cost', 'in'],
  ['cache_read_input_tokens_total_cost', 'cached'],
  ['cache_creation_input_tokens_total_cost', 'cache writes'],
];

export function costParts(summary: unknown): CostPart[] {
  const parts = Object.entries(asObject(asObject(summary)['cost'])).flatMap(([key, usd]): CostPart[] => {
    const name = /^(?!total)(.+)_usd$/.exec(key)?.[1];
    return name === undefined || typeof usd !== 'number' ? [] : [[NAMES[name] ?? name.replaceAll('_', ' '), usd]];
  });
  const input = parts.find(([name]) => name === 'in')?.[1] ?? 0;
  const tiers = tiersOf(summary);
  const sum = tiers.reduce((all, [, usd]) => all + usd, 0);
  // Another price list than the record's would give tiers that do not add up.
  const fits = tiers.length > 1 && Math.abs(sum - input) <= input / 100 && !parts.some(([name]) => name.startsWith('cache'));
  return fits ? parts.flatMap((part) => (part[0] === 'in' ? tiers : [part])) : parts;
}

function tiersOf(summary: unknown): CostPart[] {
  const models = Object.values(asObject(asObject(asObject(summary)['weave'])['costs'])).map(asObject);
  const sums = TIERS.map(([key, name]): CostPart => [name, models.reduce((all, model) => all + asNumber(model[key]), 0)]);
  return sums.filter(([, usd]) => usd > 0);
}
