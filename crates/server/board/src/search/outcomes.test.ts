import { expect, it } from 'vitest';
import { OUTCOMES, outcomeOf, withOutcome } from './outcomes';

it('how calls ended is one of four, or a search of its own', () => {
  for (const { value } of OUTCOMES) {
    const q = withOutcome('umbrella status:running outcome:unknown', value);
    expect(q.startsWith('umbrella')).toBe(true);
    expect(outcomeOf(q)).toBe(value);
    expect(outcomeOf(withOutcome(q, 'all'))).toBe('all');
  }
  expect(outcomeOf('status:running')).toBe(null);
  expect(withOutcome('', 'ok')).toBe('status:success -outcome:cancelled');
});
