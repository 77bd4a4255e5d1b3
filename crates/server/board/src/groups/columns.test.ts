import { describe, expect, it } from 'vitest';
import type { Stats } from '../lib/api';
import { COLUMNS, contextOf, costFigure } from './columns';

const stats = (some: Partial<Stats>): Stats => {
  const none = { calls: 4, errors: 0, priced_calls: 4, counted_calls: 4, cost_usd: null, input_tokens: null, p95_ms: null, ttfc_p50_ms: null };
  return { mean_cost_usd: null, last_started_at: null, ...none, ...some } as Stats;
};

describe('a cell', () => {
  it('has a cost, and how much of it is known', () => {
    expect(costFigure(stats({ cost_usd: 1.2 }), 2)).toEqual({ text: '$1.20', title: undefined });
    expect(costFigure(stats({ calls: 23, priced_calls: 21, cost_usd: 1.2 }), 2)).toEqual({ text: '≥ $1.20', title: '21 of 23 calls priced' });
    expect(costFigure(stats({ priced_calls: 0 }), 2)).toMatchObject({ text: 'unknown', title: '0 of 4 calls priced' });
  });

  it('is never zero for what is unknown', () => {
    const context = contextOf([{ stats: stats({}) }], 0);
    for (const name of ['cost', 'mean', 'input', 'p95'] as const) expect(COLUMNS[name].figure(stats({}), context).text).toBe('unknown');
    expect(COLUMNS.first.figure(stats({}), context).text).toBe('–');
    expect(COLUMNS.rate.figure(stats({ calls: 0 }), context).text).toBe('unknown');
    expect(COLUMNS.last.figure(stats({}), context).text).toBe('never');
  });

  it('has a bar in proportion to the largest, and one of the share that failed', () => {
    const context = contextOf([{ stats: stats({ calls: 8 }) }, { stats: stats({ calls: 2 }) }], 0);
    expect(COLUMNS.calls.figure(stats({ calls: 2 }), context)).toEqual({ text: '2', bar: 0.25 });
    expect(COLUMNS.rate.figure(stats({ errors: 1 }), context)).toEqual({ text: '25%', tone: 'alarm', bar: 0.25 });
  });
});
