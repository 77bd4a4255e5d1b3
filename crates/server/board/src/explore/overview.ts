// The charts of the default board as questions.

import type { PanelSpec } from './spec';

/** By the ids of the panels; `group` is what the board is grouped by. */
export function overviewSpec(id: string, group: string): PanelSpec | null {
  switch (id) {
    case 'calls':
      return { measure: 'calls', by: [group], draw: 'bars' };
    case 'cost':
      return { measure: 'cost_usd', by: [group], draw: 'bars' };
    case 'tokens':
      return { measure: 'total_tokens', by: [group], draw: 'bars' };
    case 'latency':
      return { measure: 'p95_ms', by: [group], draw: 'lines' };
    case 'first-chunk':
      return { measure: 'ttfc_p95_ms', by: [group], draw: 'lines' };
    case 'errors':
      return { measure: 'errors', by: [group], draw: 'bars' };
    default:
      return null;
  }
}
