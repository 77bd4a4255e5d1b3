// What the number of a measure leaves out: calls without a price, or without tokens.

import { UNKNOWN } from '../lib/format';
import type { Measured } from '../lib/query';
import { aboutMeasure, numberOf, type PanelMeasure } from './measures';
import type { PanelSpec } from './spec';

/** What calls may be without, so that the number of a measure leaves them out. */
export function lackOf(measure: PanelMeasure): 'price' | 'tokens' | null {
  if (numberOf(measure) !== null) return null;
  const { kind } = aboutMeasure(measure);
  return kind === 'money' ? 'price' : kind === 'tokens' ? 'tokens' : null;
}

/** Tools and agents have no price and no tokens: among them the calls that lack some cannot be counted. */
export const isOfTools = (spec: PanelSpec) => spec.spans === true && lackOf(spec.measure) !== null;

/** How many calls the number of a measure leaves out, tools and agents among them. */
export function lacking(measure: PanelMeasure, { calls, unpriced_calls, counted_calls }: Measured): number {
  const lack = lackOf(measure);
  if (lack === null) return 0;
  if (lack === 'price') return unpriced_calls ?? 0;
  return counted_calls == null ? 0 : Math.max(0, (calls ?? 0) - counted_calls);
}

/** Calls that the number of a measure leaves out, and calls whose cost is estimated. */
export function coverageOf(spec: PanelSpec, stats: Measured): { missing: number; estimated: number } {
  const estimated = lackOf(spec.measure) === 'price' ? (stats.estimated_calls ?? 0) : 0;
  return { missing: isOfTools(spec) ? 0 : lacking(spec.measure, stats), estimated };
}

/** What stands where there is no number. */
export const absentOf = (spec: PanelSpec) => (isOfTools(spec) ? 'none known' : UNKNOWN);
