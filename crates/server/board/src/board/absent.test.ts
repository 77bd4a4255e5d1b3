import { expect, test } from 'vitest';
import { absentCompletion, absentNumber, absentPrompt, isEstimated, NO_TEXT, RUNNING } from './absent';

const call = { operation: 'chat', status: 'success', prompt: null, completion: null } as const;
const span = { ...call, operation: null };

test('a number that is not there was never had, is not there yet, or is unknown', () => {
  expect(absentNumber(span).text).toBe('–');
  expect(absentNumber({ ...span, status: 'running' }).text).toBe('–');
  expect(absentNumber({ ...call, status: 'running' })).toBe(RUNNING);
  expect(absentNumber(call)).toEqual({ text: 'unknown', why: null });
});

test('a prompt is empty, was not recorded, or is none', () => {
  expect(absentPrompt({ ...call, prompt: '' }).why).toBe('The prompt is empty');
  expect(absentPrompt(call).text).toBe('not recorded');
  expect(absentPrompt(span)).toBe(NO_TEXT);
  expect(absentPrompt({ ...span, completion: 'done' }).text).toBe('not recorded');
});

test('a completion was not recorded only where no content was', () => {
  expect(absentCompletion(call).text).toBe('not recorded');
  for (const row of [{ ...call, completion: '' }, { ...call, prompt: 'Hello' }, span]) expect(absentCompletion(row).why).toBe('no text came back');
});

test('a rough count is an estimate too', () => {
  expect((['reported', 'estimated', 'rough', null] as const).map((usage_source) => isEstimated({ usage_source }))).toEqual([false, true, true, false]);
});
