// Facts of a span that is no call of a model: a tool or an agent has no price,
// no tokens and no first chunk, and "unknown" would imply that it had.

import type { CallAnswer } from '../lib/api';
import * as format from '../lib/format';

export type Fact = [label: string, value: string, notes: string[]];
export type SpanKind = 'model' | 'tool' | 'agent' | 'span';

type Json = Record<string, unknown>;

const asObject = (value: unknown): Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

/** The operation in the record; else what the name of the span begins with. */
export function spanKind({ row, call }: Pick<CallAnswer, 'row' | 'call'>): SpanKind {
  const operation = text(asObject(asObject(call.attributes)['spanloom'])['operation']) || (row.operation ?? '');
  const is = (name: string) => operation === name || (operation === '' && (row.op_name === name || row.op_name.startsWith(`${name} `)));
  if (is('execute_tool')) return 'tool';
  if (is('invoke_agent') || is('create_agent')) return 'agent';
  return row.operation === null ? 'span' : 'model';
}

export function spanFacts(answer: Pick<CallAnswer, 'row' | 'call' | 'below' | 'conversation'>): Fact[] {
  const { row, call, below } = answer;
  const attributes = asObject(call.attributes);
  const own = asObject(attributes['otel']);
  const named = (name: string) => text(own[`gen_ai.${name}`]);
  const tool = answer.conversation.messages.flatMap(({ parts }) => parts).find((part) => part.kind === 'tool_call');
  const failed = row.status === 'error';
  const kind = spanKind(answer);
  const facts: [label: string, value: string, note?: string][] = [
    ['Duration', row.latency_ms === null && row.status === 'running' ? 'running' : format.duration(row.latency_ms)],
    ['Status', row.status === 'running' ? 'running' : failed ? 'error' : row.outcome === 'cancelled' ? 'cancelled' : 'ok'],
    ['Error', failed ? text(asObject(attributes['spanloom'])['error_type']) || 'no type recorded' : ''],
  ];
  if (kind === 'tool') {
    facts.push(
      ['Tool', named('tool.name') || (tool?.name ?? '') || row.op_name.replace(/^execute_tool /, ''), named('tool.type')],
      ['Tool call id', named('tool.call.id') || (tool?.id ?? '')],
    );
  }
  if (kind === 'agent') facts.push(['Agent', named('agent.name') || row.op_name.replace(/^\w+ /, ''), named('agent.id')]);
  if (below !== null && below.calls > 0) {
    const isPartial = below.priced_calls < below.calls;
    const cost = below.cost_usd === null ? '' : `${isPartial ? '≥ ' : ''}${format.cost(below.cost_usd)}`;
    const failures = below.errors > 0 ? format.plural(below.errors, 'error') : '';
    facts.push(
      ['Calls below', format.count(below.calls), failures],
      ['Cost of calls below', cost, isPartial ? `${format.count(below.priced_calls)} of ${format.count(below.calls)} priced` : ''],
      ['Tokens of calls below', below.total_tokens === null ? '' : format.count(below.total_tokens)],
    );
  }
  return facts.filter(([, value]) => value !== '').map(([label, value, note]) => [label, value, note ? [note] : []]);
}
