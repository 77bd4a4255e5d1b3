// What a user of W&B's own client for TypeScript (npm `weave` 0.11.1) does in a day, each step read back through it.
//
//     NODE_PATH=FOLDER/node_modules node scenario.mjs [STEP...] ENTITY/PROJECT      one line of JSON on stdout
//
// FOLDER is where `npm install weave@0.11.1` ran; the project is empty. The caller sets WF_TRACE_SERVER_URL and WANDB_API_KEY,
// and HOME to a folder of its own: the client looks for .netrc there, and writes weaveErrors.log where it runs. Both parts of
// ENTITY/PROJECT are needed: it asks for the entity at https:// alone. All steps are done unless some are named, and one that
// fails does not stop the others. "steps" has {"step": NAME, "ok": true}, {"step": NAME, "ok": false, "error": ...} or
// {"step": NAME, "skipped": WHY} for each.

import { execFile } from 'node:child_process';
import { writeSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual, promisify } from 'node:util';

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
for (const level of ['warn', 'error']) console[level] = (...words) => problems.push(`${level}: ${words.map(message).join(' ')}`);
process.on('unhandledRejection', (error) => problems.push(`unhandled: ${message(error)}`));

// A `require`, since an `import` does not look into NODE_PATH. `openai` comes with `weave`, which wraps it if it is loaded after.
const require = createRequire(import.meta.url);
const { OpenAI } = require('openai');
const weave = require('weave');
const { packageVersion } = require(require.resolve('weave').replace(/index\.js$/, 'utils/userAgent.js'));

const FILE = fileURLToPath(import.meta.url);
const PROJECT = process.argv.at(-1);
const SECONDS = Number(process.env.SCENARIO_SECONDS ?? 30); // of a step, at most
const MODEL = 'scenario-model'; // has no price until a step adds one
const TEXT = 'Grüße, 日本 😀';
const ROWS = [{ question: '1 + 1', target: '=2' }, { question: '2 + 2', target: '=5' }];
const bytes = (count) => Buffer.from(Array.from({ length: count }, (_, at) => at % 256));
const started = []; // what the client sends of each call of this process as it starts
const gone = new Set(); // ids of deleted calls
let client = null;

// The generated part of the client throws the answer itself.
function message(error) {
  if (error instanceof Error || typeof error !== 'object' || !error) return String(error);
  return error.status ? `${error.status} of ${error.url}: ${JSON.stringify(error.error)}` : JSON.stringify(error);
}

function check(holds, what) {
  if (!holds) throw new Error(typeof what === 'string' ? what : JSON.stringify(what));
}

const equal = (actual, expected) =>
  check(isDeepStrictEqual(actual, expected), `is ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`);
const thrown = (promise) => promise.then(() => check(false, 'nothing was thrown'), (error) => error);

async function start() {
  client = await weave.init(PROJECT);
  const save = client.saveCallStart.bind(client);
  client.saveCallStart = (call) => started.push(call) && save(call);
}

const api = (group, name, body) => client.traceServerApi[group][name]({ project_id: PROJECT, ...body });
const flush = () => client.waitForBatchProcessing();
const again = (id, costs = false) => flush().then(() => client.getCall(id, costs));
const children = (id) => flush().then(() => client.getCalls({ parent_ids: [id] })).then((calls) => calls.sort(byId));
const byId = (a, b) => (a.id < b.id ? -1 : 1); // in the order in which they were made
const ids = (calls) => calls.map((call) => call.id);
const sorted = (values) => [...values].sort();
const status = (call) => call.summary.weave.status;
const opName = (call) => call.summary.weave.trace_name;

// An op's result, and the call as the server has it.
async function run(op, ...args) {
  const [result, { id }] = await op.invoke(...args);
  return { result, id, call: await again(id) };
}

// The root of what started since; a start may come later than the op's result.
async function rootSince(before) {
  let root;
  while (!(root = started.slice(before).find((call) => !call.parent_id))) await sleep(5);
  return again(root.id);
}

// With the options that the client's own functions do not have.
async function stream(options = {}) {
  await flush();
  const answer = await api('calls', 'callsQueryStreamCallsStreamQueryPost', options);
  return (await answer.text()).split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

const count = async (options) => (await api('calls', 'callsQueryStatsCallsQueryStatsPost', options)).data.count;
const field = (name) => ({ $getField: name });
const literal = (value) => ({ $literal: value });
const is = (name, value) => ({ $eq: [field(name), literal(value)] });
const number = (name) => ({ $convert: { input: field(name), to: 'double' } });
const callUri = (id) => `weave:///${PROJECT}/call/${id}`;
const versionOf = (name, version = 'latest') => client.get(new weave.ObjectRef(PROJECT, name, version));
const dataset = (name, rows) => new weave.Dataset({ name, rows: rows.map((row) => ({ ...row })) });
// Without the reference that the client adds to a row.
const bare = ({ __savedRef, ...row }) => row;
const refsRead = async (...refs) => (await client.traceServerApi.refs.refsReadBatchRefsReadBatchPost({ refs })).data.vals;
const objects = async (filter) => (await api('objs', 'objsQueryObjsQueryPost', { filter })).data.objs;
const custom = (type, files) => ({ _type: 'CustomWeaveType', weave_type: { type }, files, load_op: 'NO_LOAD_OP' });
// Not the client's answer, which is no JSON, but the one that it keeps a copy of.
const content = async (digest) =>
  Buffer.from(await (await api('file', 'fileContentFileContentPost', { digest })).arrayBuffer());
const feedback = async (expression) =>
  (await api('feedback', 'feedbackQueryFeedbackQueryPost', { query: { $expr: expression } })).data.result;

// Ops.

const named = (name, action, options) => weave.op(action, { name, ...options });
const double = named('double', async (word, times = 2) => word.repeat(times), { parameterNames: ['word', 'times'] });
const outer = named('outer', async (word) => ({ twice: await double(word), thrice: await double(word, 3) }),
  { parameterNames: ['word'] });
const fails = named('fails', async (word) => check(false, `no ${word}`));
const failsWithin = named('fails_within', async (word) => fails(word));
const catches = named('catches', async (word) => fails(word).catch(() => 'caught'));
const same = named('same', async (value) => value, { parameterNames: ['value'] });
const many = named('many', (length) => Promise.all(Array.from({ length }, (_, at) => double(`${at}.`))));
const words = named('words', async function* (text) { yield* text.split(' '); }, { streamReducer: { initialStateFn: () => [],
  reduceFn: (state, word) => [...state, word], finalizeFn: (state) => { state.push('end'); } } });
const usage = (requests) => ({ prompt_tokens: 10 * requests, completion_tokens: 5 * requests, total_tokens: 15 * requests });
const answers = named('answers', async (text) => ({ model: MODEL, usage: usage(1), text }),
  { summarize: (result) => ({ usage: { [result.model]: result.usage } }) });
const asksTwice = named('asks_twice', async (question) => [await answers(question), await answers(question)]);
const correct = named('correct', async ({ modelOutput, datasetRow }) => ({ right: modelOutput === datasetRow.target }),
  { parameterNames: 'useParam0Object' });

class Adds extends weave.WeaveObject {
  prefix = '=';
  predict = weave.op(this, async function predict({ datasetRow }) {
    const [left, right] = datasetRow.question.split(' + ').map(Number);
    return `${this.prefix}${left + right}`;
  }, { parameterNames: 'useParam0Object' });
}

// OpenAI's answers, always the same ones.
const USAGE = { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 };
const ANSWER = { choices: [{ index: 0, message: { role: 'assistant', content: 'Hallo 日本' } }], usage: USAGE };
const DELTAS = ['Hallo', ' 日本'].map((content) => ({ choices: [{ index: 0, delta: { content } }] }));
const openai = http.createServer(async (request, response) => {
  let body = '';
  for await (const part of request) body += part;
  const asked = JSON.parse(body);
  const json = (answer) => JSON.stringify({ id: 'answer-1', created: 1, model: asked.model, ...answer });
  const events = [...[...DELTAS, { choices: [], usage: USAGE }].map(json), '[DONE]'].map((event) => `data: ${event}\n\n`).join('');
  response.setHeader('Content-Type', asked.stream ? 'text/event-stream' : 'application/json');
  response.end(asked.stream ? events : json(ANSWER));
});

// Asks it within an op, which has the call of the client's own op below it.
const CHAT = { model: 'm-chat', messages: [{ role: 'user', content: 'Hi' }] };
async function asks(ask) {
  if (!openai.listening) await new Promise((done) => openai.listen(0, '127.0.0.1', done));
  const baseURL = `http://127.0.0.1:${openai.address().port}/v1`;
  const wrapped = weave.wrapOpenAI(new OpenAI({ apiKey: 'none', baseURL, maxRetries: 0 }));
  const { id, call, result } = await run(named('asking', () => ask(wrapped.chat.completions)));
  const [asked, ...others] = await children(id);
  equal([result, opName(asked), status(asked), others], ['Hallo 日本', 'openai.chat.completions.create', 'success', []]);
  equal([asked.inputs.messages, asked.output.choices[0].message.content], [CHAT.messages, 'Hallo 日本']);
  equal(asked.summary.usage, { [CHAT.model]: { requests: 1, ...USAGE } });
  equal(call.summary.usage, asked.summary.usage); // summed up in the parent
}

// The steps, in this order.

const STEPS = {
  async init() {
    await start();
    equal([client.projectId, await client.getCalls()], [PROJECT, []]);
  },
  async nested_op() {
    const { result, call } = await run(outer, 'ab');
    equal(result, { twice: 'abab', thrice: 'ababab' });
    equal([call.parent_id, status(call), call.exception], [null, 'success', null]);
    equal([call.inputs, call.output, call.op_name], [{ word: 'ab' }, result, (await outer.__savedRef).uri()]);
    const below = await children(call.id);
    equal(below.map((child) => [child.output, child.trace_id, child.inputs]),
      [['abab', call.trace_id, { word: 'ab' }], ['ababab', call.trace_id, { word: 'ab', times: 3 }]]);
    const times = [call.started_at, below[0].started_at, below[0].ended_at, call.ended_at].map((time) => Date.parse(time));
    equal(times, [...times].sort((a, b) => a - b));
    equal([times[0], call.summary.weave.latency_ms],
      [Date.parse(started.find((each) => each.id === call.id).started_at), times[3] - times[0]]);
    equal(call.attributes, { weave: { client_version: packageVersion, source: 'js-sdk' } });
  },
  async failing_op() {
    const before = started.length;
    equal((await thrown(failsWithin('way'))).message, 'no way');
    const call = await rootSince(before);
    equal([status(call), call.output, call.exception], ['error', null, 'no way']);
    equal((await children(call.id)).map((child) => [status(child), child.exception]), [['error', 'no way']]);
  },
  async error_caught_by_parent() {
    const { id, call } = await run(catches, 'way');
    // Not "descendant_error": this client does not send how many calls failed below.
    equal([status(call), call.output, call.exception, (await children(id)).map(status)], ['success', 'caught', null, ['error']]);
  },
  async async_ops() {
    const { result, call } = await run(many, 60); // all at once
    equal(call.output, Array.from({ length: 60 }, (_, at) => `${at}.${at}.`));
    equal(sorted((await children(call.id)).map((child) => child.output)), sorted(result));
  },
  async streaming_op() {
    for (const upto of [3, 9]) { // left early, and read whole
      const [before, read] = [started.length, []];
      const parts = await words('one two três vier');
      equal(status(await rootSince(before)), 'running'); // until it is read
      for await (const word of parts) if (read.push(word) === upto) break;
      const call = await rootSince(before);
      equal([read.length, status(call), call.output], [Math.min(upto, 4), 'success', [...read, 'end']]);
    }
  },
  async values() {
    const value = { text: `${TEXT} "quoted" \\ back\nline`, half: '😀'.slice(0, 1), zero: 'a\0b', large: 1e21, small: 1e-7,
      exact: 2 ** 53, tenth: 0.1, yes: true, none: null, empty: [{}, [], ''], 'a.b': { $x: 1, größe: 2, '': 3 } };
    const { call } = await run(same, value);
    equal([call.inputs, call.output], [{ value }, value]);
    const large = { text: TEXT.repeat(20_000), list: Array.from({ length: 10_000 }, (_, at) => at) };
    check(isDeepStrictEqual((await run(same, large)).call.output, large), 'another value');
  },
  async op_with_summarize() {
    const { id, call } = await run(asksTwice, 'why');
    equal((await children(id)).map((child) => child.summary.usage), Array(2).fill({ [MODEL]: { requests: 1, ...usage(1) } }));
    equal(call.summary.usage, { [MODEL]: { requests: 2, ...usage(2) } });
  },
  async attributes() {
    const inner = () => weave.withAttributes({ inner: [true] }, () => run(outer, 'a'));
    const { id, call } = await weave.withAttributes({ env: 'test', nested: { größe: 1 } }, inner);
    for (const each of [call, ...(await children(id))]) {
      equal({ ...each.attributes, weave: 0 }, { weave: 0, env: 'test', nested: { größe: 1 }, inner: [true] });
    }
    equal(ids(await stream({ query: { $expr: { $and: [is('attributes.env', 'test'), is('parent_id', null)] } } })), [id]);
  },
  async call_display_name() {
    const { call } = await run(named('by.hand-2', async (word) => word, { callDisplayName: (word) => `Named ${word}` }), TEXT);
    equal([call.display_name, opName(call)], [`Named ${TEXT}`, 'by.hand-2']);
  },
  async rename_call() {
    const [[, call], names] = [await double.invoke('d'), []];
    await flush();
    await client.updateCall(call.id, TEXT);
    names.push((await client.getCall(call.id)).display_name);
    await call.setDisplayName('B');
    names.push((await client.getCall(call.id)).display_name);
    await client.updateCall(call.id, '');
    names.push((await client.getCall(call.id)).display_name);
    equal(names, [TEXT, 'B', null]);
  },
  async bound_method() {
    const { id, call } = await run(new Adds({ name: 'adder', description: TEXT }).predict, { datasetRow: ROWS[0] });
    equal([call.output, opName(call), call.inputs.datasetRow], ['=2', 'Adds.predict', ROWS[0]]);
    equal(await weave.ObjectRef.fromUri(call.inputs.self).get(), { _type: 'Adds', _class_name: 'Adds',
      _bases: ['Object', 'BaseModel'], name: 'adder', description: TEXT, prefix: '=', predict: call.op_name });
    equal(ids(await client.getCalls({ input_refs: [call.inputs.self] })), [id]);
  },
  async code_of_op() {
    await double('code');
    const value = await client.get(await double.__savedRef);
    equal(value, custom('Op', value.files));
    equal((await content(value.files['obj.py'])).toString(), double.__wrappedFunction.toString());
  },
  openai_call: () => asks(async (chat) => (await chat.create(CHAT)).choices[0].message.content),
  openai_stream: () => asks(async (chat) => {
    let text = '';
    for await (const { choices } of await chat.create({ ...CHAT, stream: true })) text += choices[0]?.delta.content ?? '';
    return text;
  }),
  async costs() {
    const { id } = await run(answers, 'how much');
    equal((await again(id, true)).summary.weave.costs ?? {}, {});
    const price = { prompt_token_cost: 0.5, completion_token_cost: 2, effective_date: '2024-01-01T00:00:00Z' };
    const [[made]] = (await api('cost', 'costCreateCostCreatePost', { costs: { [MODEL]: price } })).data.ids;
    const query = { $expr: is('llm_id', MODEL) };
    const listed = async () => (await api('cost', 'costQueryCostQueryPost', { query })).data.results;
    equal((await listed()).map((each) => [each.id, each.prompt_token_cost, each.completion_token_cost]), [[made, 0.5, 2]]);
    const costs = (await again(id, true)).summary.weave.costs[MODEL];
    equal([costs.prompt_tokens_total_cost, costs.completion_tokens_total_cost, costs.requests], [5, 10, 1]);
    await api('cost', 'costPurgeCostPurgePost', { query: { $expr: is('id', made) } });
    equal([await listed(), (await again(id)).summary.weave.costs], [[], undefined]);
  },
  async publish_and_get() {
    const value = { words: ['größe', '日本'], rate: 0.5, a: { none: null } };
    const ref = await client.publish({ ...value }, 'settings');
    equal(ref.uri(), `weave:///${PROJECT}/object/settings:${ref.digest}`);
    equal([await ref.get(), await versionOf('settings')], [value, value]);
    equal(await refsRead(`${ref.uri()}/key/words/index/1`, ref.uri()), ['日本', value]);
    equal((await thrown(versionOf('nothing'))).status, 404);
    equal(await (await client.publish([1, 'two'])).get(), [1, 'two']);
  },
  async publish_again() {
    const refs = [];
    for (const version of [0, 1, 1]) refs.push(await client.publish({ version }, 'versioned'));
    check(refs[0].digest !== refs[1].digest && refs[1].digest === refs[2].digest, refs);
    equal([await versionOf('versioned'), await versionOf('versioned', 'v0')], [{ version: 1 }, { version: 0 }]);
    equal([await refs[0].get(), await refs[2].get()], [{ version: 0 }, { version: 1 }]);
    const listed = async (filter) => (await objects({ object_ids: ['versioned'], ...filter }))
      .map((each) => [each.version_index, each.digest, each.is_latest]).sort();
    equal(await listed(), [[0, refs[0].digest, 0], [1, refs[1].digest, 1]]);
    equal([await listed({ latest_only: true }), await listed({ is_op: true })], [[[1, refs[1].digest, 1]], []]);
  },
  async object_in_object() {
    const prompt = new weave.StringPrompt({ name: 'inside', content: 'Hi' });
    const inside = (await client.publish(prompt)).uri();
    const holder = await client.publish({ prompt, op: outer, list: [prompt] }, 'holder');
    equal(await holder.get(), { prompt: inside, op: (await outer.__savedRef).uri(), list: [inside] });
    equal(await refsRead(`${holder.uri()}/key/list/index/0`), [inside]);
    equal((await weave.ObjectRef.fromUri(inside).get()).content, 'Hi');
  },
  async prompts() {
    const greeting = new weave.StringPrompt({ name: 'greeting', description: TEXT, content: 'Hallo {name}, 日本' });
    const messages = [{ role: 'system', content: 'Be {how}.' }, { role: 'user', content: [{ type: 'text', text: '{what}' }] }];
    const talk = await client.publish(new weave.MessagesPrompt({ name: 'talk', messages }));
    const read = await weave.StringPrompt.get(client, (await client.publish(greeting)).uri());
    equal([read.format({ name: 'Ada' }), read.description], ['Hallo Ada, 日本', TEXT]);
    equal((await weave.MessagesPrompt.get(client, talk.uri())).format({ how: 'kind', what: 'Hi' }),
      [{ role: 'system', content: 'Be kind.' }, { role: 'user', content: [{ type: 'text', text: 'Hi' }] }]);
    const names = (await objects({ base_object_classes: ['Prompt'] })).map((each) => each.object_id);
    check(names.includes('greeting') && names.includes('talk') && !names.includes('settings'), names);
  },
  async dataset() {
    const read = await (await dataset('sums', ROWS).save()).get();
    equal([read.name, read.length, read.rows.rows.map(bare), bare(read.getRow(1))], ['sums', 2, ROWS, ROWS[1]]);
    await dataset('sums', [...ROWS, { question: '3 + 3', target: '=6' }]).save();
    equal((await versionOf('sums')).rows.rows.map((row) => row.target), ['=2', '=5', '=6']);
    equal((await versionOf('sums', 'v0')).length, 2);
  },
  async long_dataset() {
    const long = dataset('long', Array.from({ length: 1500 }, (_, at) => ({ at })));
    const read = await (await long.save()).get();
    equal(read.rows.rows.map((row) => row.at), Array.from({ length: 1500 }, (_, at) => at));
    equal((await long.getRow(1499).__savedRef).uri(), (await read.getRow(1499).__savedRef).uri());
  },
  async row_as_input() {
    const ref = await dataset('inputs', ROWS).save();
    const { id, call: { inputs: { value }, output } } = await run(same, (await ref.get()).getRow(1));
    check(value.startsWith(`${ref.uri()}/attr/rows/id/`) && output === value, [value, output]);
    equal(await refsRead(value), [ROWS[1]]);
    for (const by of ['input_refs', 'output_refs']) equal(ids(await client.getCalls({ [by]: [value] })), [id]);
  },
  async evaluation() {
    const evaluation = new weave.Evaluation({ name: 'sums-evaluation', dataset: dataset('evaluated', ROWS), scorers: [correct] });
    const { result, call } = await run(evaluation.evaluate, { model: new Adds({ name: 'adder' }).predict });
    equal([result.model_success.true_count, result.correct], [2, { right: { true_count: 1, true_fraction: 0.5 } }]);
    equal([call.output, call.display_name], [result, 'sums-evaluation_Adds.predict']);
    equal((await weave.ObjectRef.fromUri(call.inputs.self).get()).scorers, [(await correct.__savedRef).uri()]);
    const rows = await children(call.id);
    equal(rows.map((row) => row.output.model_output), ['=2', '=4']);
    equal(rows.map((row) => row.output.scores), [{ correct: { right: true } }, { correct: { right: false } }]);
    equal(await refsRead(...rows.map((row) => row.inputs.example)), ROWS);
    for (const row of rows) equal((await children(row.id)).map(opName), ['Adds.predict', 'correct']);
  },
  async evaluation_logger() {
    const before = started.length;
    const about = { name: 'logged', model: { name: 'by_hand' }, dataset: 'data', attributes: { env: 'log' } };
    const logger = new weave.EvaluationLogger(about);
    for (const [row, output, length] of [[ROWS[0], '=2', 0.25], [ROWS[1], '=4', 1.25]]) {
      const prediction = logger.logPrediction({ question: row.question }, output);
      prediction.logScore('right', output === row.target);
      prediction.logScore('length', length);
      prediction.finish();
    }
    await logger.logSummary();
    const call = await rootSince(before);
    equal([status(call), call.attributes.env, call.attributes._weave_eval_meta], ['success', 'log', { imperative: true }]);
    equal(call.output, { right: { true_count: 1, true_fraction: 0.5 }, length: { mean: 0.75 } });
    const rows = (await children(call.id)).filter((row) => opName(row) === 'Evaluation.predict_and_score');
    equal(rows.map((row) => row.output),
      [{ output: '=2', scores: { right: true, length: 0.25 } }, { output: '=4', scores: { right: false, length: 1.25 } }]);
    const below = await children(rows[1].id);
    equal(below.map(opName), ['Model.predict', 'right.score', 'length.score']);
    const scores = await feedback(is('weave_ref', callUri(below[0].id)));
    equal(sorted(scores.map((each) => `${each.feedback_type} ${each.payload.output} ${each.call_ref}`)),
      [`wandb.runnable.length 1.25 ${callUri(below[2].id)}`, `wandb.runnable.right false ${callUri(below[1].id)}`]);
  },
  async add_score() {
    const { id, result: modelOutput } = await run(double, 'abc');
    const scorer = await run(correct, { modelOutput, datasetRow: { target: 'abcabc' } });
    const made = await client.addScore(id, scorer.id, scorer.call.op_name, { ...scorer.result, length: 6 });
    const [call] = await stream({ filter: { call_ids: [id] }, include_feedback: true });
    equal(call.summary.weave.feedback.map((each) => [each.id, each.feedback_type, each.payload, each.call_ref, each.runnable_ref]),
      [[made, 'wandb.runnable.correct', { output: { right: true, length: 6 } }, callUri(scorer.id), scorer.call.op_name]]);
    const long = { $gt: [number('feedback.[wandb.runnable.correct].payload.output.length'), literal(5)] };
    equal(ids(await stream({ query: { $expr: long } })), [id]);
  },
  async feedback() {
    const refs = [await run(double, 'f'), await run(double, 'f')].map((each) => callUri(each.id));
    const give = async (weave_ref, feedback_type, payload, more) =>
      (await api('feedback', 'feedbackCreateFeedbackCreatePost', { weave_ref, feedback_type, payload, ...more })).data.id;
    const made = [await give(refs[0], 'wandb.reaction.1', { emoji: '👍' }), await give(refs[0], 'wandb.note.1', { note: TEXT }),
      await give(refs[1], 'mark', { value: 4, why: [null] }, { creator: 'Ada' })];
    equal((await feedback(is('feedback_type', 'mark'))).map((each) => [each.id, each.creator, each.weave_ref, each.payload]),
      [[made[2], 'Ada', refs[1], { value: 4, why: [null] }]]);
    const ofFirst = async () => (await feedback(is('weave_ref', refs[0]))).sort(byId).map((each) => [each.id, each.payload]);
    const [reaction, ...notes] = await ofFirst(); // the server adds the names of the emoji
    equal([reaction[0], reaction[1].emoji, notes], [made[0], '👍', [[made[1], { note: TEXT }]]]);
    const change = { weave_ref: refs[0], feedback_type: 'wandb.note.1', payload: { note: 'Other' }, feedback_id: made[1] };
    const { id } = (await api('feedback', 'feedbackReplaceFeedbackReplacePost', change)).data;
    await api('feedback', 'feedbackPurgeFeedbackPurgePost', { query: { $expr: is('id', made[0]) } });
    equal(await ofFirst(), [[id, { note: 'Other' }]]);
  },
  async delete_calls() {
    const [{ call }, stays] = [await run(outer, 'x'), await run(outer, 'y')];
    const all = [call.id, ...ids(await children(call.id))];
    equal(all.length, 3);
    all.forEach((id) => gone.add(id));
    await api('calls', 'callsDeleteCallsDeletePost', { call_ids: [call.id] });
    equal(ids(await client.getCalls({ call_ids: [...all, stays.id] })), [stays.id]);
    equal(await client.getCalls({ trace_ids: [call.trace_id] }), []);
    equal((await thrown(client.getCall(call.id))).message, `Call not found: ${call.id}`);
  },
  async delete_object() {
    const refs = [await client.publish({ doomed: 1 }, 'doomed'), await client.publish({ doomed: 2 }, 'doomed')];
    const body = { project_id: PROJECT, object_id: 'doomed', digests: [refs[1].digest] };
    // This version has no function of its own for it.
    await client.traceServerApi.request({ path: '/obj/delete', method: 'POST', body, type: 'application/json', format: 'json' });
    equal((await thrown(refs[1].get())).status, 404);
    equal([await refs[0].get(), await versionOf('doomed')], [{ doomed: 1 }, { doomed: 1 }]);
  },
  async image_and_audio() {
    const [data, wave] = [bytes(400), bytes(500)];
    const { call } = await run(same, { image: weave.weaveImage({ data }), list: [weave.weaveAudio({ data: wave })] });
    const [image, audio] = [call.output.image.files, call.output.list[0].files];
    const value = { image: custom('PIL.Image.Image', image), list: [custom('wave.Wave_read', audio)] };
    equal([call.inputs, call.output], [{ value }, value]);
    equal([await content(image['image.png']), await content(audio['audio.wav'])], [data, wave]);
    const rows = await (await dataset('pictures', [{ image: weave.weaveImage({ data }) }]).save()).get();
    equal(bare(rows.getRow(0)), { image: value.image });
  },
  async files() {
    const data = bytes(3 * 1024 * 1024);
    const { digest } = (await api('file', 'fileCreateFileCreatePost', { file: new Blob([data]) })).data;
    check((await content(digest)).equals(data), 'other bytes');
    equal((await thrown(content('nothing'))).status, 404);
  },
  async calls_by_filter() {
    const { id, call } = await run(outer, 'filter');
    const below = ids(await children(id));
    const found = async (filter) => sorted(ids(await client.getCalls({ trace_ids: [call.trace_id], ...filter })));
    equal([await found({}), await found({ trace_roots_only: true })], [[id, ...below], [id]]);
    equal([await found({ parent_ids: [id] }), await found({ parent_ids: below })], [below, []]);
    const ofOp = (name) => found({ op_names: [`weave:///${PROJECT}/op/${name}:*`] });
    equal([await ofOp('double'), await ofOp('doub'), await found({ op_names: [call.op_name] })], [below, [], [id]]);
    equal(await found({ call_ids: [id, below[1], 'nothing'] }), [id, below[1]]);
  },
  async limit_and_iterator() {
    await many(20);
    const all = await stream();
    equal(ids(await client.getCalls({}, false, 7)), ids(all.slice(0, 7)));
    const read = [];
    for await (const call of client.getCallsIterator({}, false, 20)) read.push(call);
    equal(read, all.slice(0, 20));
  },
  async calls_by_query() {
    const calls = [];
    for (const times of [1, 2, 3]) calls.push((await run(double, 'query', times)).id);
    const and = (...expressions) => ({ query: { $expr: { $and: [is('inputs.word', 'query'), ...expressions] } } });
    const found = async (...expressions) => sorted(ids(await stream(and(...expressions))));
    const times = number('inputs.times');
    equal([await found(), await found({ $gte: [times, literal(2)] })], [calls, calls.slice(1)]);
    equal(await found({ $not: [{ $gt: [times, literal(1)] }] }), calls.slice(0, 1));
    equal(await found({ $or: [is('id', calls[0]), is('output', 'queryquery')] }), calls.slice(0, 2));
    const contains = { $contains: { input: field('output'), substr: literal('QUERYQUERYQUERY'), case_insensitive: true } };
    equal(await found(contains), calls.slice(2));
    equal(await found({ $in: [field('id'), calls.slice(1).map(literal)] }), calls.slice(1));
    equal([await count(and()), await count({ filter: { call_ids: calls.slice(1) } })], [3, 2]);
  },
  async sort_limit_offset() {
    const calls = [];
    for (const times of [2, 3, 1]) calls.push((await run(double, 'sorted', times)).id);
    const by = async (name, direction, more) =>
      ids(await stream({ query: { $expr: is('inputs.word', 'sorted') }, sort_by: [{ field: name, direction }], ...more }));
    equal(await by('inputs.times', 'asc'), [calls[2], calls[0], calls[1]]);
    equal(await by('started_at', 'desc'), [...calls].reverse());
    equal(await by('started_at', 'desc', { limit: 1, offset: 1 }), [calls[1]]);
  },
  async child_with_open_call() {
    const limit = { timeout: SECONDS * 1000 };
    const { stdout } = await promisify(execFile)(process.execPath, [FILE, '--child', PROJECT], limit);
    const child = JSON.parse(stdout);
    started.push(...child);
    const [ended, open] = [await client.getCall(child[0].id), await client.getCall(child[1].id)];
    equal([ended.output, status(ended), ended.inputs], ['ended', 'success', { value: 'ended' }]);
    equal([open.ended_at, status(open), open.inputs], [null, 'running', { arg0: 'open' }]);
  },
  // All calls of all steps, and no others.
  async everything() {
    await flush();
    const read = ids(await client.getCalls({}, false, 10_000));
    const made = ids(started).filter((id) => !gone.has(id));
    const [missing, strange] = [made.filter((id) => !read.includes(id)), read.filter((id) => !made.includes(id))];
    check(!missing.length && !strange.length, { made: made.length, read: read.length, missing, strange });
    equal([read.length, new Set(read).size, await count({})], [made.length, made.length, made.length]);
    const pages = [];
    for (let offset = 0; offset < made.length; offset += 50) pages.push(...ids(await stream({ limit: 50, offset })));
    equal(pages, read);
  },
};

// Ends while a call is open, as a program that crashes.
async function child() {
  await start();
  await same('ended');
  await named('open_at_exit', async () => {
    while (started.length < 2) await sleep(5);
    await flush();
    writeSync(1, JSON.stringify(started));
    writeSync(2, [...problems, ...refused].join('\n'));
    process.exit(problems.length + refused.length ? 1 : 0);
  })('open');
}

async function attempt(step) {
  if (steps.length && !steps[0].ok) return { step, skipped: 'init failed' };
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`more than ${SECONDS} s`)), SECONDS * 1000);
  });
  try {
    await Promise.race([STEPS[step](), late]);
    return { step, ok: true };
  } catch (error) {
    const lines = [...String(error?.stack).matchAll(/scenario\.mjs:(\d+):/g)].map((each) => each[1]);
    return { step, ok: false, error: `${message(error).slice(0, 600)} (lines ${lines.join() || 'unknown'})` };
  } finally {
    clearTimeout(timer);
  }
}

const steps = [];
const end = (reason) => writeSync(1, `${JSON.stringify({ client: packageVersion, steps, problems, refused, end: reason })}\n`);

if (process.argv[2] === '--child') await child();
// The client ends the process itself after many errors.
const early = (code) => end(`the process ended with ${code}`);
process.on('exit', early);
const wanted = process.argv.slice(2, -1);
for (const step of Object.keys(STEPS).filter((name) => !wanted.length || name === 'init' || wanted.includes(name))) {
  steps.push(await attempt(step));
  process.stderr.write(`step: ${JSON.stringify(steps.at(-1))}\n`);
}
process.off('exit', early);
end('finished');
// The client keeps timers.
process.exit(0);
