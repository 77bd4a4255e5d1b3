// Sends spans as a service in Node does: OpenTelemetry's SDK and its OTLP exporter, which writes JSON.
//
// The environment configures it, as OpenTelemetry's specification has it.
//
//     OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 NODE_PATH=.../node_modules node spans.js COUNT

'use strict';

const { SpanKind, SpanStatusCode, diag, DiagConsoleLogger, DiagLogLevel } = require('@opentelemetry/api');
const { OTLPTraceExporter } = require('@opentelemetry/exporter-trace-otlp-http');
const { detectResources, envDetector } = require('@opentelemetry/resources');
const { BatchSpanProcessor, NodeTracerProvider } = require('@opentelemetry/sdk-trace-node');

const [count] = process.argv.slice(2);
diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.WARN);
const exporter = new OTLPTraceExporter();
const provider = new NodeTracerProvider({
  resource: detectResources({ detectors: [envDetector] }),
  spanProcessors: [new BatchSpanProcessor(exporter)],
});
const tracer = provider.getTracer('node');
for (let number = 0; number < Number(count); number += 1) {
  const message = { role: 'user', parts: [{ type: 'text', content: `tide ${number}? 😀` }] };
  const span = tracer.startSpan('chat gpt-4o-mini', {
    kind: SpanKind.CLIENT,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.usage.input_tokens': 1000,
      'gen_ai.usage.output_tokens': number,
      'gen_ai.request.temperature': 0.7,
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.input.messages': JSON.stringify([message]),
      // JavaScript cuts its strings anywhere.
      cut: '😀'.slice(0, 1),
    },
  });
  span.addEvent('retry', { attempt: 1 });
  if (number === 0) span.setStatus({ code: SpanStatusCode.ERROR, message: 'the sea is closed' });
  span.end();
}
provider.shutdown();
