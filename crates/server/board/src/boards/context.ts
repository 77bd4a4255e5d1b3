// The properties of a stream that a board is about: boards name them by their
// part, as `@tenant`, and each stream has its own.

import type { Attribute } from '../lib/api';
import { suggestedProperty } from '../lib/compare';
import type { Own } from '../lib/own';
import { propertiesOf } from '../lib/pivot';
import { groupOf, split } from '../lib/search';

export const PARTS = ['group', 'tenant', 'deploy', 'template', 'rows', 'columns'] as const;
export type Part = (typeof PARTS)[number];

/** The property that plays each part; null where the stream has none. */
export type Context = Record<Part, string | null>;

/** Attributes that name who a call is for, the likeliest first. */
const TENANTS = [/(^|[._-])tenant([._-]?(id|name))?$/, /(^|[._-])(customer|account|organi[sz]ation|org)([._-]?(id|name))?$/, /(^|[._-])(team|workspace)([._-]?(id|name))?$/];

/** Attributes that name a prompt: a version of it is compared with others of the same kind. */
const TEMPLATES = [/(^|[._-])template([._-]?(version|hash|digest|id|name))?$/, /(^|[._-])prompt[._-]?(version|hash|digest|id|name|template)$/];

/** An attribute with more values is of single calls. */
const MOST_VALUES = 50;

/** A filter on an attribute leaves it one value: its panel stays on the board all the same. */
function kept(attributes: Attribute[], q: string): Attribute[] {
  const searched = new Set(split(q).map(({ field }) => (field === null ? null : groupOf(field))));
  return attributes.map((one) => (searched.has(`attr:${one.path}`) ? { ...one, values: Math.max(2, one.values) } : one));
}

function named(attributes: Attribute[], patterns: RegExp[]): string | null {
  for (const pattern of patterns) {
    const found = attributes.find(({ path }) => pattern.test(path.toLowerCase()));
    if (found !== undefined) return `attr:${found.path}`;
  }
  return null;
}

export function contextOf(attributes: Attribute[], q: string, group: string, own: Pick<Own, 'rows' | 'columns'>): Context {
  const all = kept(attributes, q);
  const several = all.filter(({ values }) => values > 1 && values <= MOST_VALUES);
  const version = suggestedProperty(all);
  const template = named(all, TEMPLATES);
  const rest = several.filter(({ path }) => ![version, template].includes(`attr:${path}`) && !/(^|\.)params\./.test(path));
  const widest = rest.reduce<Attribute | null>((most, one) => (most === null || one.values > most.values ? one : most), null);
  return {
    group,
    tenant: named(all, TENANTS) ?? (widest === null ? null : `attr:${widest.path}`),
    deploy: version === 'model' ? null : version,
    template,
    ...propertiesOf(own, all),
  };
}
