// What is written about one bin: next to the title, in the tip, in the table.

import * as format from '../lib/format';
import { atLeast, ofAll, type Column, type Panel } from './panel';

/** One bin in a few words. */
export function readout(panel: Panel, bin: number): string {
  if ((panel.calls[bin] ?? 0) === 0) return 'no calls';
  const values = panel.columns.map((column) => column.values[bin] ?? null).filter((value) => value !== null);
  const overall = panel.overall?.[bin] ?? null;
  const isLeast = panel.isMean !== true && (panel.unknown[bin] ?? 0) > 0;
  if (panel.draw === 'lines' && overall !== null) {
    const text = atLeast(panel.format(overall), isLeast);
    return panel.isOfAll === true ? ofAll(text) : text;
  }
  if (values.length === 0) return panel.absent;
  // Several lines have no number of all: the tip has each.
  if (panel.draw === 'lines') return values.length === 1 ? panel.format(values[0] ?? 0) : '';
  if (panel.draw === 'spread') return `p50 ${panel.format(values[0] ?? 0)}`;
  return atLeast(panel.format(values.reduce((sum, value) => sum + value, 0)), isLeast);
}

/** One value of one column: no call has none, a call may have one that is not known. */
export function cell(panel: Panel, column: Column, bin: number): string {
  const value = column.values[bin] ?? null;
  if (value !== null) return panel.format(value);
  return ((column.calls ?? panel.calls)[bin] ?? 0) > 0 ? panel.absent : '–';
}

export interface Line {
  key: string;
  label: string;
  /** Null for the hatched part, and for what is only text. */
  colour: string | null;
  hatched?: boolean;
  text: string;
}

/** One bin line by line, top to bottom as it is drawn. */
export function lines(panel: Panel, bin: number): Line[] {
  const found: Line[] = panel.columns
    .map(({ key, label, colour, values }) => ({ key, label, colour, value: values[bin] ?? null }))
    .filter(({ value }) => value !== null && (panel.draw !== 'stack' || value !== 0))
    // Lines have no order but that of their values; as they are reversed, the least comes first.
    .sort((a, b) => (panel.draw === 'lines' ? (a.value ?? 0) - (b.value ?? 0) : 0))
    .map(({ key, label, colour, value }) => ({ key, label, colour, text: panel.format(value ?? 0) }))
    .reverse();
  const unknown = panel.unknown[bin] ?? 0;
  if (unknown > 0) {
    found.unshift({ key: '\0unknown', label: panel.lack === 'tokens' ? 'tokens not known' : 'cost not known', colour: null, hatched: true, text: format.plural(unknown, 'call') });
  }
  const failed = panel.errors[bin] ?? 0;
  if (failed > 0 && (panel.id === 'calls' || panel.id === 'latency')) {
    const label = panel.id === 'latency' ? 'failed, and counted' : 'failed';
    found.push({ key: '\0failed', label, colour: null, text: `${format.count(failed)} of ${format.count(panel.calls[bin] ?? 0)}` });
  }
  return found;
}
