// One board of panels: what it asks, and what it has found.

import { viewOf, type PanelSpec } from '../explore/spec';
import { Following } from '../groups/follow.svelte';
import { fetchJson, type Attribute, type Stats, type Summary } from '../lib/api';
import { selectionQuery } from '../lib/groups';
import type { QueryView, ViewAnswer } from '../lib/query';
import { route } from '../lib/route.svelte';
import type { SearchAnswer } from '../lib/search';
import type { StreamName } from '../lib/url';
import { askViews } from './ask';
import { contextOf, type Context } from './context';
import { resolved } from './resolve';
import type { BoardSpec } from './templates';

export interface Found {
  attributes: Attribute[];
  context: Context;
  panels: { spec: PanelSpec; view: ViewAnswer | null }[];
  /** Answers to the further views of the board. */
  more: ViewAnswer[];
  /** Of calls to models. */
  totals: Stats;
  search: SearchAnswer;
  /** It has some of what the board is about. */
  any: boolean;
  /** Counts the answers. */
  tick: number;
}

export function followBoard(name: StreamName, template: BoardSpec, more: (specs: PanelSpec[]) => QueryView[]): Following<Found> {
  let tick = 0;
  return new Following<Found>(
    name,
    () => [template.id, route.view.group, route.own.rows, route.own.columns],
    async (view, now, signal) => {
      // Read before the first wait: an answer is of one address.
      const { rows, columns } = route.own;
      const selection = selectionQuery(name, view, now);
      selection.set('bins', '1');
      const { attributes, totals, search } = await fetchJson<Summary>('/api/summary', selection, signal);
      const context = contextOf(attributes, view.q, view.group, { rows, columns });
      const specs = resolved(template, context);
      const views = await askViews(name, view, [...specs.map(viewOf), ...more(specs)], now, signal);
      const panels = specs.map((spec, at) => ({ spec, view: views[at] ?? null }));
      const any = totals.calls > 0 || panels.some((panel) => (panel.view?.totals.calls ?? 0) > 0);
      const isAbout = template.none === undefined ? any : panels.some((panel) => (panel.view?.totals.calls ?? 0) > 0);
      tick += 1;
      return { attributes, context, panels, more: views.slice(specs.length), totals, search, any: isAbout, tick };
    },
  );
}
