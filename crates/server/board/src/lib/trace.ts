// One trace: its spans as the server lists them, in pre-order, and what can be read out of them.

import type { Status } from './api';

export interface SpanBelow {
  calls: number;
  errors: number;
  input_tokens: number | null;
  output_tokens: number | null;
  total_tokens: number | null;
  cost_usd: number | null;
  priced_calls: number;
}

export interface Span {
  id: string;
  parent_id: string | null;
  depth: number;
  op_name: string;
  display_name: string | null;
  operation: string | null;
  provider: string | null;
  model: string | null;
  status: Status;
  outcome: 'completed' | 'cancelled' | 'error' | 'unknown' | null;
  exception: string | null;
  started_at: number;
  latency_ms: number | null;
  ttfc_ms: number | null;
  attempts: number | null;
  input_tokens: number | null;
  output_tokens: number | null;
  total_tokens: number | null;
  cost_usd: number | null;
  stream: string;
  /** Sums over the calls below that count; null for a leaf. */
  below: SpanBelow | null;
}

export interface Trace {
  trace_id: string;
  total: number;
  shown: number;
  spans: Span[];
}

export type Kind = 'agent' | 'model' | 'tool' | 'vectors' | 'other';

/** The first word of a span's name, by the conventions of OpenTelemetry. */
const VERBS: Record<string, Kind> = {
  invoke_agent: 'agent',
  create_agent: 'agent',
  invoke_workflow: 'agent',
  execute_tool: 'tool',
  chat: 'model',
  text_completion: 'model',
  generate_content: 'model',
  embeddings: 'vectors',
};

export const KIND_WORDS: Record<Kind, string> = {
  agent: 'agent',
  model: 'model call',
  tool: 'tool call',
  vectors: 'embeddings',
  other: 'span',
};

export function kindOf({ op_name, operation }: Pick<Span, 'op_name' | 'operation'>): Kind {
  const [verb = ''] = op_name.split(' ', 1);
  const kind = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  return kind ?? (operation === null ? 'other' : operation === 'embeddings' ? 'vectors' : 'model');
}

/** What to call a span next to its icon, which already shows the verb. */
export function spanName(span: Pick<Span, 'op_name' | 'operation' | 'display_name' | 'model'>): string {
  const { op_name, display_name, model } = span;
  if (display_name !== null && display_name !== '' && display_name !== op_name) return display_name;
  const kind = kindOf(span);
  if ((kind === 'model' || kind === 'vectors') && model !== null) return model;
  const rest = kind === 'other' ? '' : op_name.slice(op_name.indexOf(' ') + 1).trim();
  return rest === '' ? op_name : rest;
}

/** A number of one span, or the sum of what is below it. */
export interface Figure {
  value: number | null;
  sum: boolean;
  /** Some of the calls are not in it: no price is known for them. */
  partial: boolean;
}

export function tokensOf({ below, total_tokens }: Pick<Span, 'below' | 'total_tokens'>): Figure {
  if (below === null || below.calls === 0) return { value: total_tokens, sum: false, partial: false };
  return { value: below.total_tokens ?? total_tokens, sum: below.total_tokens !== null, partial: false };
}

export function costOf({ below, cost_usd }: Pick<Span, 'below' | 'cost_usd'>): Figure {
  if (below === null || below.calls === 0) return { value: cost_usd, sum: false, partial: false };
  const sum = below.cost_usd !== null;
  return { value: below.cost_usd ?? cost_usd, sum, partial: sum && below.priced_calls < below.calls };
}

/** A span and its place in the tree. */
export interface Node {
  span: Span;
  /** Its place in the list, and that of the first span that is not below it. */
  at: number;
  end: number;
  parent: number | null;
  /** Which of how many siblings, from 1. */
  place: number;
  siblings: number;
}

export function nodesOf(spans: Span[]): Node[] {
  const nodes: Node[] = [];
  const open: Node[] = [];
  const families = new Map<Node | null, Node[]>();
  spans.forEach((span, at) => {
    for (let last = open.at(-1); last !== undefined && last.span.depth >= span.depth; last = open.at(-1)) {
      last.end = at;
      open.pop();
    }
    const parent = open.at(-1) ?? null;
    const family = families.get(parent) ?? [];
    families.set(parent, family);
    const node = { span, at, end: spans.length, parent: parent?.at ?? null, place: family.length + 1, siblings: 0 };
    family.push(node);
    nodes.push(node);
    open.push(node);
  });
  for (const family of families.values()) for (const node of family) node.siblings = family.length;
  return nodes;
}

/** The nodes to show: none below a folded one; of a search, what matches and what leads there. */
export function shownNodes(nodes: Node[], folded: ReadonlySet<string>, search: string): Node[] {
  const wanted = search.trim().toLowerCase();
  if (wanted !== '') {
    const kept = new Set<number>();
    for (const node of nodes) {
      if (!matches(node.span, wanted)) continue;
      for (let at: number | null = node.at; at !== null && !kept.has(at); at = nodes[at]?.parent ?? null) kept.add(at);
    }
    return nodes.filter(({ at }) => kept.has(at));
  }
  const shown: Node[] = [];
  for (let at = 0; at < nodes.length; ) {
    const node = nodes[at];
    if (node === undefined) break;
    shown.push(node);
    at = folded.has(node.span.id) ? node.end : at + 1;
  }
  return shown;
}

export function matches(span: Span, lowercase: string): boolean {
  return [span.op_name, span.display_name, span.model].some((text) => text?.toLowerCase().includes(lowercase));
}

export interface Scale {
  from: number;
  to: number;
  /** In milliseconds since `from`. */
  ticks: number[];
}

const STEPS = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 10e3, 20e3, 30e3],
  ...[1, 2, 5, 10, 20, 30].map((minutes) => minutes * 60_000),
  ...[1, 2, 3, 6, 12, 24, 48].map((hours) => hours * 3_600_000),
];

/** One time scale for all; what still runs reaches until now. */
export function scaleOf(spans: Span[], now: number, most = 5): Scale {
  let from = Infinity;
  let to = -Infinity;
  for (const span of spans) {
    from = Math.min(from, span.started_at);
    to = Math.max(to, endOf(span, now));
  }
  if (!Number.isFinite(from)) return { from: now, to: now + 1, ticks: [0] };
  to = Math.max(to, from + 0.1);
  const length = to - from;
  const step = STEPS.find((size) => length / size <= most) ?? 86_400_000 * Math.ceil(length / 86_400_000 / most);
  const ticks = Array.from({ length: Math.floor(length / step) + 1 }, (_, at) => Number((at * step).toFixed(3)));
  return { from, to, ticks };
}

function endOf({ started_at, latency_ms, status }: Span, now: number): number {
  if (latency_ms !== null) return started_at + Math.max(0, latency_ms);
  return status === 'running' ? Math.max(started_at, now) : started_at;
}

/** Where a span's bar lies, in percent of the scale; the wait in percent of the bar. */
export function barOf(span: Span, { from, to }: Scale): { left: number; width: number; wait: number | null } {
  const share = (time: number) => Math.min(100, Math.max(0, (100 * (time - from)) / (to - from)));
  const left = share(span.started_at);
  const { ttfc_ms, latency_ms } = span;
  const wait =
    ttfc_ms === null || latency_ms === null || latency_ms <= 0 ? null : Math.min(100, (100 * ttfc_ms) / latency_ms);
  return { left, width: share(endOf(span, to)) - left, wait };
}

export interface TraceTotals {
  models: number;
  tools: number;
  errors: number;
  tokens: number | null;
  cost: Figure;
  running: boolean;
}

/** Sums over the outermost spans, which hold the sums of what is below them. */
export function traceTotals(spans: Span[]): TraceTotals {
  const totals: TraceTotals = {
    models: 0,
    tools: 0,
    errors: 0,
    tokens: null,
    cost: { value: null, sum: true, partial: false },
    running: false,
  };
  const outermost = Math.min(...spans.slice(0, 1).map(({ depth }) => depth));
  for (const span of spans) {
    const kind = kindOf(span);
    if (kind === 'model' || kind === 'vectors') totals.models += 1;
    if (kind === 'tool') totals.tools += 1;
    if (span.status === 'error') totals.errors += 1;
    totals.running ||= span.status === 'running';
    if (span.depth > outermost) continue;
    const [tokens, cost] = [tokensOf(span), costOf(span)];
    if (tokens.value !== null) totals.tokens = (totals.tokens ?? 0) + tokens.value;
    if (cost.value !== null) totals.cost.value = (totals.cost.value ?? 0) + cost.value;
    totals.cost.partial ||= cost.partial || (cost.value === null && (kind === 'model' || kind === 'vectors'));
  }
  totals.cost.partial &&= totals.cost.value !== null;
  return totals;
}

/** Which rows of a long list to draw: those in view, and some more. */
export function rowsInView(scrolled: number, height: number, row: number, count: number): [from: number, to: number] {
  const spare = 12;
  const from = Math.max(0, Math.floor(scrolled / row) - spare);
  const to = Math.min(count, Math.ceil((scrolled + height) / row) + spare);
  return [Math.min(from, count), Math.max(to, Math.min(from, count))];
}

/** Nothing will be added any more to a trace whose last span ended a while ago. */
export function isOpen(spans: Span[], now: number): boolean {
  const recent = now - 10 * 60_000;
  return spans.some((span) => span.status === 'running' || endOf(span, now) > recent);
}
