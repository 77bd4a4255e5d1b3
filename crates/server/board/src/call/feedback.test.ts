import { expect, it } from 'vitest';
import { feedbackBody, purgeBody, shown } from './feedback';

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
    { id: '2', name: 'relevance', text: '0.123456 · pass', why: 'it rains', own: false },
    { id: '3', name: 'length', text: '7', why: '', own: false },
    { id: '4', name: 'judge', text: 'failed: timeout · {"by":"m"}', why: '', own: false },
    { id: '1', name: 'reaction', text: '👍', why: '', own: false },
  ]);
});

it('is given as the clients of W&B give it', () => {
  const name = { entity: 'e', project: 'p', stream: 's' };
  const common = { project_id: 'e/p', weave_ref: 'weave:///e/p/call/1', creator: 'board' };
  expect(feedbackBody(name, '1', { emoji: '👍' })).toEqual({ ...common, feedback_type: 'wandb.reaction.1', payload: { emoji: '👍' } });
  expect(feedbackBody(name, '1', { note: 'good' })).toEqual({ ...common, feedback_type: 'wandb.note.1', payload: { note: 'good' } });
});

it('is the reader’s to remove where the board gave it, and a reaction or a note', () => {
  const feedback = [
    { id: '1', feedback_type: 'wandb.reaction.1', payload: { emoji: '👍' }, creator: 'board' },
    { id: '2', feedback_type: 'wandb.note.1', payload: { note: 'good' }, creator: 'board' },
    { id: '3', feedback_type: 'wandb.note.1', payload: { note: 'good' }, creator: null },
    { id: '4', feedback_type: 'wandb.note.1', payload: { note: 'good' } },
    { id: '5', feedback_type: 'custom', payload: {}, creator: 'board' },
    { id: '6', feedback_type: 'wandb.runnable.length', payload: { output: 7 }, creator: 'board' },
  ];
  expect(shown(feedback).filter(({ own }) => own).map(({ id }) => id)).toEqual(['1', '2']);
});

it('is removed by its id', () => {
  const query = { $expr: { $eq: [{ $getField: 'id' }, { $literal: '1' }] } };
  expect(purgeBody({ entity: 'e', project: 'p', stream: 's' }, '1')).toEqual({ project_id: 'e/p', query });
});
