// What people and scorers state about a call, as a name and a text.
import type { Feedback } from '../lib/api';

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
