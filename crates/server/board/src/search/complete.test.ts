import { describe, expect, it } from 'vitest';
import { chosen, fields, ranges, typed, valueText } from './complete';

/** The text with the caret at `|`. */
function at(text: string) {
  const caret = text.indexOf('|');
  const whole = text.replace('|', '');
  return { whole, typed: typed(whole, caret) };
}

describe('what is typed', () => {
  it.each([
    ['|', 'field', ''],
    ['mod|', 'field', 'mod'],
    ['-mod|', 'field', 'mod'],
    ['a mod|', 'field', 'mod'],
    ['model:a |', 'field', ''],
    ['model:""|', 'field', ''],
    ['has:us|', 'field', 'us'],
    ['model:|', 'value', ''],
    ['-model:g|pt', 'value', 'g'],
    ['model:"a b|', 'value', 'a b'],
    ['model:(a OR |', 'value', ''],
    ['model:(a OR b|) x', 'value', 'b'],
    ['latency:|', 'range', ''],
    ['latency:>|', 'range', '>'],
  ])('%s', (text, kind, prefix) => {
    expect(at(text).typed).toMatchObject({ kind, prefix });
  });

  it('is replaced by the choice', () => {
    for (const [text, choice, expected] of [
      ['-mod|', 'model:', '-model:|'],
      ['model:g|pt x', 'gpt-4o', 'model:gpt-4o| x'],
      ['model:(a OR b|) x', '"b c"', 'model:(a OR "b c"|) x'],
      ['model:"a b|', '"a b c"', 'model:"a b c"|'],
    ] as const) {
      const { whole, typed: here } = at(text);
      const next = chosen(whole, here, { text: choice, label: '', note: '', ends: true });
      expect(`${next.text.slice(0, next.caret)}|${next.text.slice(next.caret)}`).toBe(expected);
    }
  });
});

describe('choices', () => {
  it('put what begins so before what holds it', () => {
    expect(fields('put', ['put', 'cost'], false).map(({ text }) => text)).toEqual(['put:', 'input:', 'output:']);
    expect(fields('cost', ['cost'], false).map(({ text }) => text)).toEqual(['cost:', '"attr:cost":']);
    expect(fields('', [], true).every(({ text }) => !text.endsWith(':'))).toBe(true);
  });

  it('are values and ranges as the grammar wants them', () => {
    expect(valueText('a b')).toBe('"a b"');
    expect(valueText('g*')).toBe('"g*"');
    expect(ranges('latency', '>').map(({ text }) => text)).toEqual(['>2', '>500ms']);
  });
});
