import { expect, it } from 'vitest';
import { feedbackBody, shown } from './feedback';

it('shows scores first, each with its label and its reason', () => {
  const feedback = [
    { id: '1', feedback_type: 'wandb.reaction.1', payload: { emoji: '👍' } },
    {
      id: '2',
      feedback_type: 'wandb.runnable.relevance',
      payload: { output: { score: 0.123456, label: 'pass', explanation: 'it rains' } },
    },
    { id: '3', feedback_type: 'wandb.runnable.length', payload: { output: 7 } },
    { id: '4', feedback_type: 'wandb.runnable.judge', payload: { output: { error: 'timeout', by: 'm' } } },
  ];
  expect(shown(feedback)).toEqual([
    { id: '2', name: 'relevance', text: '0.123456 · pass', why: 'it rains' },
    { id: '3', name: 'length', text: '7', why: '' },
    { id: '4', name: 'judge', text: 'failed: timeout · {"by":"m"}', why: '' },
    { id: '1', name: 'reaction', text: '👍', why: '' },
  ]);
});

it('is given as the clients of W&B give it', () => {
  const name = { entity: 'e', project: 'p', stream: 's' };
  const common = { project_id: 'e/p', weave_ref: 'weave:///e/p/call/1' };
  expect(feedbackBody(name, '1', { emoji: '👍' })).toEqual({ ...common, feedback_type: 'wandb.reaction.1', payload: { emoji: '👍' } });
  expect(feedbackBody(name, '1', { note: 'good' })).toEqual({ ...common, feedback_type: 'wandb.note.1', payload: { note: 'good' } });
});
