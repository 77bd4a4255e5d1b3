// Calls whose prompt was not read from the provider's cache, and where each
// parts from the call before it.

import { changedParameters, comparable, requestText } from '../../call/previous';
import type { CallAnswer, Row } from '../../lib/api';
import { flatten } from '../../lib/conversation';
import { firstBreak } from '../../lib/diff';
import { count } from '../../lib/format';
import { selectionQuery } from '../../lib/groups';
import type { StreamName, View } from '../../lib/url';
import { CACHE } from '../templates';

const SEGMENTS = 'spanloom.prompt_cache.segments';
const REASON = 'otel.spanloom.prompt_cache.miss_reason';

/** How many calls are shown: each takes the call before it, too. */
export const SHOWN = 5;

/** Providers keep no shorter prompt. */
const LEAST_TOKENS = 1_024;

/** How many calls are looked through where only their tokens show a miss. */
const MOST = 50;

/** With the verdict of a provider its misses; without it, long prompts of which nothing came from the cache. */
export function missesQuery(name: StreamName, view: View, now: number, hasVerdict: boolean): URLSearchParams {
  const terms = ['has:op', hasVerdict ? 'otel.spanloom.prompt_cache.result:cache_miss' : `input:>${LEAST_TOKENS - 1}`];
  const query = selectionQuery(name, view, now, terms);
  query.set('sort', '-started_at');
  query.set('limit', String(hasVerdict ? SHOWN : MOST));
  return query;
}

export function missesOf(rows: Row[], hasVerdict: boolean): Row[] {
  // Unknown is not 0: a provider that counts no cached tokens has not stated a miss.
  return rows.filter(({ cached_tokens }) => hasVerdict || cached_tokens === 0).slice(0, SHOWN);
}

/** The values that calls of a reason have. Calls that missed nothing have no reason either: where none is given, the verdict is asked for too. */
export function termsOf(reason: string): { by: string[]; keys: string[] } {
  return reason === '' ? { by: [CACHE.result, CACHE.reason], keys: ['cache_miss', ''] } : { by: [CACHE.reason], keys: [reason] };
}

/** A reason as words: `tools_changed` is "tools changed". */
export const words = (reason: string) => reason.replaceAll('_', ' ');

/** The reason that the provider gave. */
export const reasonOf = ({ attributes }: Pick<Row, 'attributes'>): string | null => attributes[REASON] ?? null;

/** The names and hashes of a prompt's segments, where the program records them. */
export function segmentsOf({ attributes }: Pick<CallAnswer['call'], 'attributes'>): string[] | null {
  const found = flatten(attributes).find(([path]) => path === SEGMENTS || path.endsWith(`.${SEGMENTS}`))?.[1];
  const list = typeof found === 'string' ? parsed(found) : found;
  if (!Array.isArray(list)) return null;
  const texts = list.filter((one): one is string => typeof one === 'string');
  return texts.length === 0 ? null : texts;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The first segment of which the two differ; null where one begins with all of the other. */
export function firstSegment(before: string[], after: string[]): { at: number; name: string } | null {
  const length = Math.min(before.length, after.length);
  for (let at = 0; at < length; at += 1) {
    if (before[at] !== after[at]) return { at: at + 1, name: (after[at] ?? '').split(' ')[0] ?? '' };
  }
  return null;
}

/** Where two calls part, in a sentence. */
export function partingOf(before: CallAnswer, after: CallAnswer): string {
  const leads = changedParameters(before.call, after.call).filter((name) => name === 'model' || name === 'tools');
  if (leads.length > 0) return LEADS[leads.join(' ')] ?? 'Another model and other tools: all messages come after them.';
  const [own, earlier] = [segmentsOf(after.call), segmentsOf(before.call)];
  if (requestText(before) !== '' && requestText(after) !== '') {
    const place = firstBreak(...comparable(before, after));
    if (place !== null) return `Message ${count(place.message)} differs from character ${count(place.character)} on.`;
    return SAME;
  }
  if (own === null || earlier === null) return 'Neither messages nor segments were recorded: there is nothing to compare.';
  const segment = firstSegment(earlier, own);
  return segment === null ? SAME : `Segment ${count(segment.at)} (${segment.name}) is the first that differs.`;
}

/** What comes before all messages. */
const LEADS: Record<string, string> = {
  model: 'Another model: all messages come after it.',
  tools: 'Other tools: all messages come after them.',
};

const SAME = 'One prompt begins with all of the other: the cache may have expired.';
