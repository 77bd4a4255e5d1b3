// A question as other programs ask it: as JSON, for curl, for the command line.

import { quoted, visible } from '../lib/curl';
import { readOrder, selectionQuery } from '../lib/groups';
import { RANGES, type StreamName, type View } from '../lib/url';
import { numberOf } from './measures';
import { byOf, drawOf, limitOf, sortOf, viewOf, type PanelSpec } from './spec';

/** The body of `POST /api/query`. */
export function bodyOf(name: StreamName, view: View, spec: PanelSpec, now: number): Record<string, unknown> {
  const selection = selectionQuery(name, view, now);
  const time = (of: string) => (selection.has(of) ? { [of]: Number(selection.get(of)) } : {});
  const q = view.q === '' ? {} : { q: view.q };
  return { ...name, ...time('from'), ...time('to'), ...q, views: [viewOf(spec)] };
}

export function jsonOf(name: StreamName, view: View, spec: PanelSpec, now: number): string {
  return visible(JSON.stringify(bodyOf(name, view, spec, now), null, 2));
}

export function curlOfQuery(origin: string, name: StreamName, view: View, spec: PanelSpec, now: number): string {
  return [
    `curl ${quoted(`${origin}/api/query`)}`,
    `  -H 'content-type: application/json'`,
    `  --data-raw ${quoted(visible(JSON.stringify(bodyOf(name, view, spec, now))))}`,
  ].join(' \\\n');
}

/** Groups that `spanloom groups` can list; it has no numbers of attributes, no spans and no time between two dates. */
export function cliOf(name: StreamName, view: View, spec: PanelSpec): string | null {
  const draw = drawOf(spec);
  const by = byOf(spec);
  const sort = sortOf(spec);
  const isListed = (draw === 'ranking' || draw === 'table') && by.length > 0 && !by.includes('stream');
  if (!isListed || spec.spans === true || view.from !== null || view.to !== null) return null;
  if (numberOf(spec.measure) !== null || readOrder(sort, '') !== sort) return null;
  const search = [view.q, spec.q ?? ''].filter((text) => text !== '').join(' ');
  // An escape would be part of the search: such a text has no command.
  const texts = [name.entity, name.project, name.stream, search, ...by];
  if (texts.some((text) => /[\p{Cc}\p{Cf}\u2028\u2029]/u.test(text))) return null;
  const stream = `${name.entity}/${name.project}/${name.stream}`;
  const words = ['spanloom', 'groups', word(stream), ...by.flatMap((group) => ['--by', word(group)]), '--sort', word(sort), '--limit', String(limitOf(spec))];
  if (search !== '') words.push('--search', quoted(search));
  if (RANGES[view.range] !== null) words.push('--since', view.range);
  return words.join(' ');
}

const word = (text: string) => (/^[\w./:-]+$/.test(text) ? text : quoted(text));
