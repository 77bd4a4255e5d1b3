// The stream of a conversation, whose address names only its project.

import { fetchJson, Refusal, type Stream } from '../lib/api';
import { groupsQuery, valueTerm, type GroupsAnswer } from '../lib/groups';
import type { StreamName } from '../lib/url';

/** Each takes a question of its own. */
export const MOST_STREAMS = 20;

export interface Found {
  /** Null where no stream that was searched has the conversation. */
  name: StreamName | null;
  /** The streams that were searched, and all of the project. */
  searched: number;
  streams: number;
}

type Ask = <T>(path: string, query: URLSearchParams, signal: AbortSignal) => Promise<T>;

/** Looks for a conversation in the streams of a project, from the one with the latest call on. */
export async function findStream(entity: string, project: string, id: string, signal: AbortSignal, ask: Ask = fetchJson): Promise<Found> {
  const { streams } = await ask<{ streams: Stream[] }>('/api/streams', new URLSearchParams(), signal);
  const own = streams.filter((one) => one.entity === entity && one.project === project);
  const names = own.slice(0, MOST_STREAMS).map(({ stream }) => ({ entity, project, stream }));
  for (const name of names) {
    if (await has(name, id, signal, ask)) return { name, searched: names.length, streams: own.length };
  }
  return { name: null, searched: names.length, streams: own.length };
}

async function has(name: StreamName, id: string, signal: AbortSignal, ask: Ask): Promise<boolean> {
  const selection = new URLSearchParams({ ...name, q: valueTerm('thread', id) });
  const question = { by: ['thread'], order: '-calls', shown: 1, spans: true };
  try {
    const { groups } = await ask<GroupsAnswer>('/api/groups', groupsQuery(selection, question, 0), signal);
    return groups.length > 0;
  } catch (error) {
    // The stream has been deleted since.
    if (error instanceof Refusal && error.status === 404) return false;
    throw error;
  }
}
