import { expect, test } from 'vitest';
import type { ViewGroup } from '../lib/query';
import type { Context } from './context';
import { fewPairs, pairViews } from './pairs';
import { resolved, templateOf } from './resolve';

const context: Context = { group: 'model', tenant: null, deploy: null, template: null, rows: 'attr:params.tone', columns: 'attr:params.length' };
const pairs = (...calls: number[]): ViewGroup[] => calls.map((n, at) => ({ keys: [String(at), ''], stats: { calls: n }, series: null, numbers: {} }));

test('all pairs of the two settings are asked for, the fewest calls first', () => {
  expect(pairViews(resolved(templateOf('experiments'), context))).toEqual([
    { name: 'Pairs', q: 'has:params.tone has:params.length', group: ['attr:params.tone', 'attr:params.length'], limit: 500, sort: 'calls', measures: ['calls'] },
  ]);
  expect(pairViews(resolved(templateOf('cost'), context))).toEqual([]);
});

test('pairs of few calls are counted, and where some are left out they are at least so many', () => {
  expect(fewPairs(null)).toEqual({ few: 0, isLeast: false });
  expect(fewPairs({ groups: pairs(1, 4, 5, 900), total: 4, measured: 4 })).toEqual({ few: 2, isLeast: false });
  expect(fewPairs({ groups: pairs(1, 4, 5), total: 700, measured: 700 })).toEqual({ few: 2, isLeast: false });
  expect(fewPairs({ groups: pairs(1, 1), total: 700, measured: 700 })).toEqual({ few: 2, isLeast: true });
  expect(fewPairs({ groups: pairs(5, 6), total: 3_000, measured: 2_000 })).toEqual({ few: 0, isLeast: true });
});
