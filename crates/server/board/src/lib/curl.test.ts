import { describe, expect, it } from 'vitest';
import type { CallAnswer } from './api';
import { curlOf } from './curl';

/** Node's own types are not installed: the board itself has no use for them. */
const node = 'node:child_process';
const { execFileSync } = (await import(node)) as {
  execFileSync: (file: string, args: string[], options: { env: Record<string, string> }) => { toString: () => string };
};

const answer = (row: object, inputs: unknown, spanloom: object = {}) =>
  ({
    row: { operation: 'chat', provider: 'openai', op_name: 'chat gpt', damaged: false, ...row },
    call: { inputs, attributes: { spanloom } },
  }) as unknown as CallAnswer;

/** What a shell makes of the command: its arguments, one a line of JSON. */
function words(command: string): string[] {
  const script = `curl() { for word in "$@"; do printf '%s\\0' "$word"; done; }\n${command}`;
  const out = execFileSync('sh', ['-c', script], { env: { OPENAI_API_KEY: 'KEY', BASE_URL: 'http://base/v1' } });
  return out.toString().split('\0').slice(0, -1);
}

const HOSTILE = [`it's`, `'; touch x; '`, '$(id) `id` ${HOME} \\', 'a\nb\r\u001b[2J', '\u202egnol', '"!"', '@file', ''];

describe('a command', () => {
  it('carries the body to the server as it was recorded, whatever is in it', () => {
    for (const content of HOSTILE) {
      const inputs = { model: 'm', messages: [{ role: 'user', content }], temperature: 0 };
      const [url, , key, , , , body] = words(curlOf(answer({}, inputs)) ?? '');
      expect(url).toBe('https://api.openai.com/v1/chat/completions');
      expect(key).toBe('authorization: Bearer KEY');
      expect(JSON.parse(body ?? '')).toEqual(inputs);
    }
  });

  it('has nothing that a terminal obeys', () => {
    const command = curlOf(answer({}, { messages: [{ content: '\u202e\u009b\u001b\u2028' }] })) ?? '';
    expect(command).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e]/);
  });

  it('leaves out what clients record next to the body', () => {
    const inputs = { self: { client: {} }, extra_headers: { authorization: 'Bearer sk-secret' }, input: 'hi' };
    const command = curlOf(answer({}, inputs, { api_type: 'responses' })) ?? '';
    expect(command).toContain('https://api.openai.com/v1/responses');
    expect(command).toContain(`'{"input":"hi"}'`);
    expect(command).not.toContain('sk-secret');
  });

  it('goes to the place of its kind, at other providers to one that the reader sets', () => {
    expect(curlOf(answer({ operation: 'embeddings' }, { input: ['a'] }))).toContain('/v1/embeddings"');
    expect(curlOf(answer({ operation: 'text_completion' }, { prompt: 'a' }))).toContain('/v1/completions"');
    expect(words(curlOf(answer({ provider: `"; id; "` }, { messages: [] })) ?? '')[0]).toBe('http://base/v1/chat/completions');
  });

  it('is not offered where there is no request to repeat', () => {
    const body = { messages: [] };
    for (const [row, inputs, info] of [
      [{}, {}, {}],
      [{}, { model: 'm' }, {}],
      [{}, null, {}],
      [{}, 'text', {}],
      [{}, body, { content_sampled_out: true }],
      [{}, body, { content_dropped_bytes: 5 }],
      [{ damaged: true }, body, {}],
      [{ operation: null }, body, {}],
      [{ operation: 'execute_tool' }, body, {}],
    ] as const) {
      expect(curlOf(answer(row, inputs, info))).toBeNull();
    }
  });
});
