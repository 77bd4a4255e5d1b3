// What people and scorers state about a call, as a name and a text.
import { Refusal, type Feedback } from '../lib/api';
import type { StreamName } from '../lib/url';

export interface Shown {
  id: string;
  name: string;
  text: string;
  /** The reason, if one is given. */
  why: string;
}

const SCORER = 'wandb.runnable.';

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(Number(value.toPrecision(6)));
  return value === null || value === undefined ? '' : JSON.stringify(value);
}

/** Returns feedback as it is shown: scores, then everything else. */
export function shown(feedback: Feedback[]): Shown[] {
  const all = feedback.map(({ id, feedback_type: type, payload }) => {
    if (!type.startsWith(SCORER)) {
      const name = type === 'wandb.reaction.1' ? 'reaction' : type === 'wandb.note.1' ? 'note' : type;
      return { id, name, text: text(payload['emoji'] ?? payload['note'] ?? payload), why: '', scored: 1 };
    }
    const output = payload['output'];
    const parts = (typeof output === 'object' && output !== null ? output : { score: output }) as Record<string, unknown>;
    const { score, label, explanation, error, ...rest } = parts;
    const other = Object.keys(rest).length > 0 ? JSON.stringify(rest) : '';
    const texts = [score, label, error === undefined || error === null ? undefined : `failed: ${text(error)}`, other].map(text);
    const name = type.slice(SCORER.length);
    return { id, name, text: texts.filter((part) => part !== '').join(' · '), why: text(explanation), scored: 0 };
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
    feedback_type: 'emoji' in given ? 'wandb.reaction.1' : 'wandb.note.1',
    payload: given,
  };
}

export async function give(name: StreamName, id: string, given: Given): Promise<void> {
  const answer = await fetch('/feedback/create', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(feedbackBody(name, id, given)),
  });
  if (answer.ok) return;
  const body: unknown = await answer.json().catch(() => null);
  const known = typeof body === 'object' && body !== null && 'reason' in body;
  throw new Refusal(answer.status, known ? String(body.reason) : `the server answered ${answer.status}`);
}
