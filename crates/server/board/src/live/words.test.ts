import { expect, test } from 'vitest';
import { elapsed, shownText, skippedNote, summary, waitingText } from './words';

const plain = (text: string) => text.replaceAll('\u202f', ' ');

test('elapsed time counts up in whole seconds', () => {
  const times = [-5, 999, 4_200, 59_999, 65_000, 3_599_000, 3_729_000, 3 * 86_400_000];
  expect(times.map((ms) => plain(elapsed(ms)))).toEqual(['0 s', '0 s', '4 s', '59 s', '1:05 min', '59:59 min', '1:02:09 h', '3 d']);
});

test('a summary names errors only where there are some', () => {
  expect([summary(0, 0), summary(1, 0), summary(12, 1), summary(0, 2)]).toEqual(['', '1 new call', '12 new calls, 1 error', '0 new calls, 2 errors']);
});

test('numbers of calls stand with their word', () => {
  expect(skippedNote(312)).toBe('312 calls more than can be shown came in that second');
  expect([waitingText(1), waitingText(1_200)]).toEqual(['1 new call ↑', '1,200 new calls ↑']);
  expect([shownText(3, 500), shownText(500, 500)]).toEqual(['3 calls', 'the last 500 calls']);
});
