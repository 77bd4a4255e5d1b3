// How calls ended, as a quick filter that writes terms. A cancelled call has
// status success, as it has no error; it is not OK all the same.

import { groupOf, join, split, textOf, withoutGroup } from '../lib/search';

export type OutcomeFilter = 'all' | 'ok' | 'cancelled' | 'error';

export const OUTCOMES: { value: OutcomeFilter; text: string; title: string }[] = [
  { value: 'all', text: 'All', title: 'However they ended' },
  { value: 'ok', text: 'OK', title: 'Neither failed nor cancelled' },
  { value: 'cancelled', text: 'Cancelled', title: 'Given up before the end' },
  { value: 'error', text: 'Errors', title: 'Failed' },
];

const TERMS: Record<OutcomeFilter, string[]> = {
  all: [],
  ok: ['status:success', '-outcome:cancelled'],
  cancelled: ['outcome:cancelled'],
  error: ['status:error'],
};

const isOfOutcome = (field: string | null) => field !== null && ['status', 'outcome'].includes(groupOf(field) ?? '');

/** What a search asks of the outcome; null where it is none of the quick filters. */
export function outcomeOf(q: string): OutcomeFilter | null {
  const terms = split(q).filter(({ field }) => isOfOutcome(field));
  const asked = terms.map((term) => textOf(q, term)).sort().join(' ');
  return OUTCOMES.find(({ value }) => [...TERMS[value]].sort().join(' ') === asked)?.value ?? null;
}

export function withOutcome(q: string, outcome: OutcomeFilter): string {
  return join(withoutGroup(withoutGroup(q, 'status'), 'outcome'), ...TERMS[outcome]);
}
