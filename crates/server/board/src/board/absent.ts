// What stands in a cell of a call that has nothing to show there, and why: an
// empty cell would look like a fault.

import type { Row } from '../lib/api';
import { UNKNOWN } from '../lib/format';

export interface Absent {
  text: string;
  why: string | null;
}

export const RUNNING: Absent = { text: '…', why: 'still running' };
export const NO_TEXT: Absent = { text: '–', why: 'This span has no text' };
const NO_MODEL: Absent = { text: '–', why: 'not a call of a model' };
const UNRECORDED: Absent = { text: 'not recorded', why: 'The content of this call was not recorded' };

/** A number was never had, is not there yet, or is not known. */
export function absentNumber(row: Pick<Row, 'operation' | 'status'>): Absent {
  if (row.operation === null) return NO_MODEL;
  return row.status === 'running' ? RUNNING : { text: UNKNOWN, why: null };
}

export function absentPrompt(row: Pick<Row, 'operation' | 'prompt' | 'completion'>): Absent {
  if (row.prompt === '') return { text: '–', why: 'The prompt is empty' };
  return row.operation === null && row.completion === null ? NO_TEXT : UNRECORDED;
}

/** Of a call that has ended. */
export function absentCompletion(row: Pick<Row, 'operation' | 'prompt' | 'completion'>): Absent {
  const isRecorded = row.completion === '' || row.prompt !== null || row.operation === null;
  return isRecorded ? { text: '–', why: 'no text came back' } : UNRECORDED;
}

/** Whether its tokens were counted by the client, not reported by the provider. */
export const isEstimated = ({ usage_source }: Pick<Row, 'usage_source'>) => usage_source === 'estimated' || usage_source === 'rough';
