// The panels of a board for one stream, from its template.

import type { PanelSpec } from '../explore/spec';
import type { Board } from '../lib/boards';
import { groupWord } from '../lib/format';
import { exactly, fieldOf, join, writeTerm } from '../lib/search';
import { PARTS, type Context, type Part } from './context';
import { TEMPLATES, type BoardSpec, type Template } from './templates';

export function templateOf(text: string | null | undefined): Template {
  const [first] = TEMPLATES as [Template, ...Template[]];
  return TEMPLATES.find(({ id }) => id === text) ?? first;
}

const partOf = (by: string): Part | null => PARTS.find((part) => `@${part}` === by) ?? null;

/** Panels of the provider's verdict; most streams have none. */
export const isVerdict = ({ q }: Pick<PanelSpec, 'q'>) => q?.includes('otel.spanloom.prompt_cache.result') ?? false;

/** The parts that a board is broken down by. */
export function partsOf({ panels }: Pick<BoardSpec, 'panels'>): Set<Part> {
  return new Set(panels.flatMap(({ by }) => by.map(partOf)).filter((part) => part !== null));
}

/** A copy of a template for a stream, which keeps its parts: they follow the stream. */
export function boardOf({ title, about, columns, list, panels }: BoardSpec, stream: string): Board {
  return {
    title: `${title}, copy`,
    about,
    stream,
    ...(columns === undefined ? {} : { columns }),
    ...(list === undefined ? {} : { list }),
    panels,
  };
}

/** Names what a panel shows. */
export const keyOf = ({ measure, by, draw, q, spans = false }: PanelSpec): string => JSON.stringify([measure, by, draw, q, spans]);

/** Panels with keys of their own: a person may put a question on a board twice. */
export function keyed<T extends { spec: PanelSpec }>(panels: T[]): (T & { key: string })[] {
  const times = new Map<string, number>();
  return panels.map((panel) => {
    const key = keyOf(panel.spec);
    const at = times.get(key) ?? 0;
    times.set(key, at + 1);
    return { ...panel, key: `${at} ${key}` };
  });
}

/**
 * The panels of a board for a stream. Two parts may be one property: what would be there twice for
 * that is there once. What a person put there twice stays.
 */
export function resolved({ panels, tried = false }: Pick<BoardSpec, 'panels' | 'tried'>, context: Context): PanelSpec[] {
  const found: { spec: PanelSpec; isOfPart: boolean }[] = [];
  for (const panel of panels) {
    const by = panel.by.map((one) => {
      const part = partOf(one);
      return part === null ? one : context[part];
    });
    if (!by.every((one) => one !== null) || new Set(by).size < by.length) continue;
    // A function: in a text `$&` has a meaning, and an attribute may be named so.
    const title = panel.title === undefined ? {} : { title: by.reduce((text, one) => text.replace('{}', () => groupWord(one)), panel.title) };
    const set = tried ? by.filter((one) => one.startsWith('attr:')).map((one) => writeTerm('has', [exactly(fieldOf(one))])) : [];
    const q = join(panel.q ?? '', ...set);
    const spec = { ...panel, by, ...title, ...(q === '' ? {} : { q }) };
    const isOfPart = panel.by.some((one) => partOf(one) !== null);
    const isThere = found.some((other) => (isOfPart || other.isOfPart) && keyOf(other.spec) === keyOf(spec));
    if (!isThere) found.push({ spec, isOfPart });
  }
  return found.map(({ spec }) => spec);
}
