import { describe, expect, it } from 'vitest';
import { Refusal } from '../lib/api';
import { findStream, MOST_STREAMS } from './find';

const stream = (stream: string, project = 'p') => ({ entity: 'e', project, stream, calls: 1, last_started_at: 0 });

/** A server whose streams each have some conversations; one of null is gone. */
function server(streams: ReturnType<typeof stream>[], has: Record<string, string[] | null>) {
  const asked: URLSearchParams[] = [];
  const ask = async <T>(path: string, query: URLSearchParams): Promise<T> => {
    if (path === '/api/streams') return { streams } as T;
    asked.push(query);
    const own = has[query.get('stream') ?? ''];
    if (own === null) throw new Refusal(404, 'there is no such stream', true);
    const groups = (own ?? []).filter((id) => query.get('q') === `conversation:${id}`).map((id) => ({ keys: [id] }));
    return { groups } as T;
  };
  const find = (id: string) => findStream('e', 'p', id, new AbortController().signal, ask);
  return { asked, find };
}

describe('the stream of a conversation', () => {
  it('is the first of its project that has it', async () => {
    const { asked, find } = server([stream('other', 'q'), stream('a'), stream('gone'), stream('b'), stream('c')], { other: ['c-1'], gone: null, b: ['c-1'], c: ['c-1'] });
    expect(await find('c-1')).toEqual({ name: { entity: 'e', project: 'p', stream: 'b' }, searched: 4, streams: 4 });
    expect(asked.map((query) => query.get('stream'))).toEqual(['a', 'gone', 'b']);
    expect(asked[0]?.toString()).toBe('entity=e&project=p&stream=a&q=conversation%3Ac-1&group=thread&sort=-calls&limit=1&spans=1');
  });

  it('is not known where none has it, and no more than some are asked', async () => {
    const { asked, find } = server(Array.from({ length: MOST_STREAMS + 5 }, (_, at) => stream(`s${at}`)), {});
    expect(await find('c-1')).toEqual({ name: null, searched: MOST_STREAMS, streams: MOST_STREAMS + 5 });
    expect(asked).toHaveLength(MOST_STREAMS);
  });

  it('is looked for by the id as it is, whatever is in it', async () => {
    const { asked, find } = server([stream('a')], {});
    await find('a "b" OR *');
    expect(asked[0]?.get('q')).toBe('conversation:"a \\"b\\" OR *"');
  });

  it('is not taken for missing where the server cannot answer', async () => {
    const find = findStream('e', 'p', 'c-1', new AbortController().signal, () => Promise.reject(new Refusal(503, 'busy', true)));
    await expect(find).rejects.toThrow('busy');
  });
});
