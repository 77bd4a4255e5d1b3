import { describe, expect, it } from 'vitest';
import type { CallAnswer } from '../lib/api';
import { spanFacts, spanKind } from './spanFacts';

const answer = (row: object, attributes: object, below: object | null = null) =>
  ({
    row: { op_name: 'span', operation: null, status: 'success', outcome: null, latency_ms: 230, ...row },
    call: { attributes },
    below,
    conversation: { messages: [], inputs: [], vectors: null },
  }) as unknown as CallAnswer;

describe('a tool', () => {
  const tool = answer(
    { op_name: 'execute_tool calendar', status: 'error' },
    {
      spanloom: { operation: 'execute_tool', error_type: 'timeout' },
      otel: { 'gen_ai.tool.name': 'calendar', 'gen_ai.tool.call.id': 'call_1', 'gen_ai.tool.type': 'function' },
    },
  );

  it('lists what applies to it, and nothing of money or tokens', () => {
    expect(spanKind(tool)).toBe('tool');
    expect(spanFacts(tool)).toEqual([
      ['Duration', '230\u202fms', []],
      ['Status', 'error', []],
      ['Error', 'timeout', []],
      ['Tool', 'calendar', ['function']],
      ['Tool call id', 'call_1', []],
    ]);
  });

  it('is known by its name where no operation is recorded', () => {
    const bare = answer({ op_name: 'execute_tool search' }, {});
    expect(spanKind(bare)).toBe('tool');
    expect(spanFacts(bare).map(([label, value]) => `${label} ${value}`)).toContain('Tool search');
    expect(spanKind(answer({ op_name: 'execute_tools' }, {}))).toBe('span');
  });
});

it('an agent lists what the calls below it took', () => {
  const agent = answer({ op_name: 'invoke_agent planner' }, { spanloom: { operation: 'invoke_agent' } }, { calls: 2, errors: 0, priced_calls: 2, cost_usd: 0.5, total_tokens: null });
  expect(spanFacts(agent).slice(2)).toEqual([
    ['Agent', 'planner', []],
    ['Calls below', '2', []],
    ['Cost of calls below', '$0.5000', []],
  ]);
});

it('a cost of some of the calls below is a least one', () => {
  const agent = answer({ op_name: 'invoke_agent planner' }, {}, { calls: 3, errors: 1, priced_calls: 2, cost_usd: 0.5, total_tokens: null });
  expect(spanFacts(agent).slice(3)).toEqual([
    ['Calls below', '3', ['1 error']],
    ['Cost of calls below', '≥ $0.5000', ['2 of 3 priced']],
  ]);
});

it('a call of a model is none of these, whatever its attributes are', () => {
  for (const attributes of [{}, null, 'text', { spanloom: 5 }]) {
    expect(spanKind(answer({ operation: 'chat', op_name: 'chat gpt' }, attributes as object))).toBe('model');
  }
});
