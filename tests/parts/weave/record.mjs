// Records calls and objects with W&B's own client for TypeScript (npm `weave` 0.11.1), and reads back what it recorded.
//
//     NODE_PATH=FOLDER/node_modules node record.mjs ENTITY/PROJECT      one line of JSON on stdout
//
// FOLDER is where `npm install weave@0.11.1` ran. The caller sets WF_TRACE_SERVER_URL and WANDB_API_KEY, and HOME to a
// folder of its own: the client looks for .netrc there, and writes weaveErrors.log where it runs. Both parts of
// ENTITY/PROJECT are needed: it asks for the entity at https:// alone. Only a crash is a failure here.

import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import net from 'node:net';

const refused = [];
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  const host = typeof options === 'object' ? options.host : given[1];
  if (host && !['127.0.0.1', 'localhost', '::1'].includes(host)) {
    refused.push(host);
    this.destroy(new Error(`refused: ${host}`));
    return this;
  }
  return connect.apply(this, given);
};

// Its messages are on stdout, which is ours; what it cannot send it only says.
const problems = [];
for (const level of ['log', 'info']) console[level] = (...words) => process.stderr.write(`${words.join(' ')}\n`);
for (const level of ['warn', 'error']) console[level] = (...words) => problems.push(`${level}: ${words.map(String).join(' ')}`);
process.on('unhandledRejection', (error) => problems.push(`unhandled: ${error?.message ?? error?.error?.reason ?? JSON.stringify(error)}`));

// A `require`, since an `import` does not look into NODE_PATH.
const require = createRequire(import.meta.url);
const weave = require('weave');
const { packageVersion } = require(require.resolve('weave').replace(/index\.js$/, 'utils/userAgent.js'));

const TEXT = 'Grüße, 日本 😀 "quoted" \\ back\nline';
const SETTINGS = { words: ['größe', '日本'], rate: 0.5, whole: 1.0, large: 1e21, small: 1e-7, yes: true, none: null, a: { z: [], b: {} } };

const attempt = async (read) => {
  try {
    return (await read()) ?? null;
  } catch (error) {
    return { error: String(error?.message ?? error?.error?.reason ?? error?.status ?? error) };
  }
};

const inner = weave.op(function inner(word, times = 2) {
  return word.repeat(times);
});
const outer = weave.op(async function outer(word) {
  return { twice: await inner(word, 2), thrice: await inner(word, 3) };
});
const fails = weave.op(
  async function fails(settings) {
    throw new Error(`no: ${TEXT}`);
  },
  { name: 'fails', callDisplayName: () => 'It fails' },
);
const catches = weave.op(async function catches(word) {
  try {
    await fails({ of: word });
    return 'not raised';
  } catch {
    return 'caught';
  }
});
// Like a model's answer: its usage is summed in the calls above it.
const answers = weave.op(
  async function answers(question) {
    return { model: 'm-1', usage: { prompt_tokens: 3, completion_tokens: 4 } };
  },
  { name: 'answers', summarize: (result) => ({ usage: { [result.model]: result.usage } }), parameterNames: ['question'] },
);
const open = weave.op(
  async function open_at_flush(word) {
    await client.waitForBatchProcessing();
    return word;
  },
  { name: 'open_at_flush', parameterNames: ['word'] },
);

const client = await weave.init(process.argv[2]);

const program = {
  outer: await outer('ab'),
  catches: await catches(TEXT),
  answers: await answers('?'),
  attributes: await weave.withAttributes({ env: 'test', nested: { größe: 1 } }, () => inner(TEXT, 1)),
  raised: await attempt(() => fails(SETTINGS)),
  open: await open('open'),
};

const first = await attempt(() => client.publish({ ...SETTINGS }, 'settings'));
const second = await attempt(() => client.publish({ ...SETTINGS, rate: 0.75 }, 'settings'));
const prompt = new weave.StringPrompt({ name: 'greeting', content: 'Hallo {name}, 日本' });
const greeting = await attempt(() => client.publish(prompt));
const holder = await attempt(() => client.publish({ prompt, op: outer }, 'holder'));
const code = await attempt(async () => await outer.__savedRef);
const objects = {
  refs: [first, second, greeting, holder, code].map((ref) => ref?.uri?.() ?? ref),
  first: await attempt(() => client.get(first)),
  latest: await attempt(() => client.get(new weave.ObjectRef(process.argv[2], 'settings', 'latest'))),
  prompt: await attempt(async () => (await client.get(greeting)).format({ name: 'Ada' })),
  holder: await attempt(() => client.get(holder)),
  code: await attempt(() => client.get(code)),
  missing: await attempt(() => client.get(new weave.ObjectRef(process.argv[2], 'nothing', 'latest'))),
};

const before = performance.now();
await client.waitForBatchProcessing();
const flushed = (performance.now() - before) / 1000;
const fields = ['id', 'trace_id', 'parent_id', 'op_name', 'display_name', 'inputs', 'output', 'started_at', 'ended_at'];
const calls = await attempt(async () =>
  (await client.getCalls()).map((call) => {
    const { weave: weaves, ...attributes } = call.attributes ?? {};
    return {
      ...Object.fromEntries(fields.map((name) => [name, call[name] ?? null])),
      exception: call.exception ?? null,
      attributes,
      weave: Boolean(weaves),
      status: call.summary?.weave?.status ?? null,
      usage: call.summary?.usage ?? null,
    };
  }),
);
const one = await attempt(async () => (await client.getCall(calls[0].id)).id);
const answer = { client: packageVersion, program, calls, one, objects, flush_s: Number(flushed.toFixed(3)), problems, refused };
writeSync(1, `${JSON.stringify(answer)}\n`);
// The client keeps timers.
process.exit(0);
