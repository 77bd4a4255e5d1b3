// Makes the calls of calls.py with Vercel's AI SDK. The model server is in OPENAI_BASE_URL.
//
// A plain answer, a stream, a tool loop of two calls, and an error: five calls in all.
//
//     NODE_PATH=.../node_modules node calls.mjs http://127.0.0.1:4318

import { createRequire } from 'node:module';

// `import` does not look in NODE_PATH, where the packages are; `require` does.
const require = createRequire(import.meta.url);
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-http');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { BatchSpanProcessor, NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');
const { createOpenAI } = require('@ai-sdk/openai');
const { generateText, jsonSchema, registerTelemetry, stepCountIs, streamText, tool } = require('ai');

const server = process.argv[2];
const MODEL = 'gpt-4o-mini';
// The model server answers with a 404 there.
const NOWHERE = `${process.env.OPENAI_BASE_URL}/nowhere`;

const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'ai_sdk' }),
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${server}/v1/traces` }))],
});
provider.register();
// From version 7 on, the spans come from a package of their own.
if (registerTelemetry) {
  const { OpenTelemetry } = require('@ai-sdk/otel');
  registerTelemetry(new OpenTelemetry());
}

// `.chat`, because the default is the Responses API; versions 5 and 6 make spans only when each call asks for them.
const settings = (baseURL) => ({
  model: createOpenAI({ baseURL }).chat(MODEL),
  maxRetries: 0,
  experimental_telemetry: { isEnabled: true },
});
const good = settings();
await generateText({ ...good, prompt: 'What is 2+2?' });
const stream = streamText({ ...good, prompt: 'hello world' });
for await (const _ of stream.textStream);
const weather = tool({
  description: 'The weather in a city',
  inputSchema: jsonSchema({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }),
  execute: () => '12 degrees, cloudy',
});
await generateText({
  ...good,
  prompt: 'What is the weather in Husum?',
  tools: { get_weather: weather },
  // Without this, the SDK stops after the first call.
  stopWhen: stepCountIs(2),
});
try {
  await generateText({ ...settings(NOWHERE), prompt: 'Is anyone there?' });
} catch (error) {
  console.log(error.name);
}
await provider.shutdown();
