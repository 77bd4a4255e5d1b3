// What people and scorers state about a call, as a name and a text.
import { always, postJson, type Feedback } from '../lib/api';
import type { StreamName } from '../lib/url';

export interface Shown {
  id: string;
  name: string;
  text: string;
  /** The reason, if one is given. */
  why: string;
  /** Given on the board, where it can be removed. */
  own: boolean;
}

const SCORER = 'wandb.runnable.';
const REACTION = 'wandb.reaction.1';
const NOTE = 'wandb.note.1';

/** Who gives what is given here: what programs give is not the board's to remove. */
const CREATOR = 'board';

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(Number(value.toPrecision(6)));
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

/** Returns feedback as it is shown: scores, then everything else. */
export function shown(feedback: Feedback[]): Shown[] {
  const all = feedback.map(({ id, feedback_type: type, payload, creator }) => {
    if (!type.startsWith(SCORER)) {
      const name = type === REACTION ? 'reaction' : type === NOTE ? 'note' : type;
      const own = creator === CREATOR && name !== type;
      return { id, name, text: text(payload['emoji'] ?? payload['note'] ?? payload), why: '', own, scored: 1 };
    }
    const output = payload['output'];
    const parts = (typeof output === 'object' && output !== null ? output : { score: output }) as Record<string, unknown>;
    const { score, label, explanation, error, ...rest } = parts;
    const other = Object.keys(rest).length > 0 ? JSON.stringify(rest) : '';
    const texts = [score, label, error === undefined || error === null ? undefined : `failed: ${text(error)}`, other].map(text);
    const name = type.slice(SCORER.length);
    return { id, name, text: texts.filter((part) => part !== '').join(' · '), why: text(explanation), own: false, scored: 0 };
  });
  return all.sort((a, b) => a.scored - b.scored).map(({ scored: _, ...one }) => one);
}

/** What a reader gives. */
export type Given = { emoji: string } | { note: string };

/** The characters that W&B's server and ours keep of a note. */
export const NOTE_LENGTH = 1_024;

/** The body of a request that gives feedback on a call, as W&B's clients write it. */
export function feedbackBody({ entity, project }: StreamName, id: string, given: Given) {
  return {
    project_id: `${entity}/${project}`,
    weave_ref: `weave:///${entity}/${project}/call/${id}`,
    feedback_type: 'emoji' in given ? REACTION : NOTE,
    creator: CREATOR,
    payload: given,
  };
}

/** The body of a request that removes feedback; the server takes no query but one by ids. */
export function purgeBody({ entity, project }: StreamName, id: string) {
  return {
    project_id: `${entity}/${project}`,
    query: { $expr: { $eq: [{ $getField: 'id' }, { $literal: id }] } },
  };
}

export async function give(name: StreamName, id: string, given: Given): Promise<void> {
  await postJson('/feedback/create', feedbackBody(name, id, given), always());
}

export async function remove(name: StreamName, id: string): Promise<void> {
  await postJson('/feedback/purge', purgeBody(name, id), always());
}
