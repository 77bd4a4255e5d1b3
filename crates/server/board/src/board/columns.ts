// The columns of the table of calls.

import type { Row } from '../lib/api';

export interface Column {
  id: string;
  title: string;
  /** What the server sorts by; null where it does not. */
  sort: string | null;
  align: 'left' | 'right';
}

export const COLUMNS: Column[] = [
  { id: 'time', title: 'Time', sort: 'started_at', align: 'left' },
  { id: 'model', title: 'Model', sort: 'model', align: 'left' },
  { id: 'prompt', title: 'Last prompt', sort: null, align: 'left' },
  { id: 'completion', title: 'Completion', sort: null, align: 'left' },
  { id: 'in', title: 'In', sort: 'input_tokens', align: 'right' },
  { id: 'out', title: 'Out', sort: 'output_tokens', align: 'right' },
  { id: 'total', title: 'Total tokens', sort: 'total_tokens', align: 'right' },
  { id: 'latency', title: 'Latency', sort: 'latency_ms', align: 'right' },
  { id: 'cost', title: 'Cost, USD', sort: 'cost_usd', align: 'right' },
  { id: 'status', title: 'Status', sort: 'status', align: 'left' },
];

/** The next sort of a column: largest first, then smallest, and so on. */
export function nextSort(current: string, by: string): string {
  return current === `-${by}` ? by : `-${by}`;
}

export type State = { text: string; kind: 'ok' | 'error' | 'warn' | 'run' };

export function state(row: Pick<Row, 'status' | 'outcome'>): State {
  if (row.status === 'running') return { text: 'running', kind: 'run' };
  if (row.status === 'error' || row.outcome === 'error') return { text: 'error', kind: 'error' };
  if (row.outcome === 'cancelled') return { text: 'cancelled', kind: 'warn' };
  if (row.outcome === 'unknown') return { text: 'unfinished', kind: 'warn' };
  return { text: 'ok', kind: 'ok' };
}
