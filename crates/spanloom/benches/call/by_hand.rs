//! Instrumentation by hand: a stock OpenTelemetry span with the same content, and the same metrics, around a call.

use std::time::Instant;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::types::chat::CreateChatCompletionRequest;
use opentelemetry::metrics::{Histogram, MeterProvider as _};
use opentelemetry::trace::{Span as _, SpanKind, Tracer as _, TracerProvider as _};
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};

pub(crate) struct ByHand {
    /// Processes each content.
    content: fn(String) -> String,
    client: Client<OpenAIConfig>,
    tracer: SdkTracer,
    tokens: Histogram<u64>,
    duration: Histogram<f64>,
}

fn text(name: &'static str, value: impl Into<StringValue>) -> KeyValue {
    KeyValue::new(name, value.into())
}

impl ByHand {
    pub(crate) fn new(
        client: Client<OpenAIConfig>,
        spans: &SdkTracerProvider,
        meters: &SdkMeterProvider,
    ) -> Self {
        let meter = meters.meter("by hand");
        Self {
            content: |text| text,
            client,
            tracer: spans.tracer("by hand"),
            tokens: meter.u64_histogram("gen_ai.client.token.usage").build(),
            duration: meter
                .f64_histogram("gen_ai.client.operation.duration")
                .build(),
        }
    }

    /// Also scans the content for secrets.
    pub(crate) fn with_scan(self) -> Self {
        let content = |text: String| spanloom_core::secret::mask(&text).into_owned();
        Self { content, ..self }
    }

    pub(crate) async fn call(&self, request: CreateChatCompletionRequest) {
        let begun = Instant::now();
        let builder = self.tracer.span_builder("chat gpt-4o-mini");
        let mut span = self.tracer.build(builder.with_kind(SpanKind::Client));
        let input = (self.content)(serde_json::to_string(&request.messages).unwrap());
        let temperature = f64::from(request.temperature.unwrap_or_default());
        let most = i64::from(request.max_completion_tokens.unwrap_or_default());
        span.set_attributes([
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.provider.name", "openai"),
            text("gen_ai.request.model", request.model.clone()),
            text("server.address", "127.0.0.1"),
            KeyValue::new("server.port", 9),
            KeyValue::new("gen_ai.request.temperature", temperature),
            KeyValue::new("gen_ai.request.max_tokens", most),
            text("openai.api.type", "chat_completions"),
            text("gen_ai.input.messages", input),
        ]);
        let answer = self.client.chat().create(request).await.unwrap();
        let output = (self.content)(serde_json::to_string(&answer.choices).unwrap());
        let usage = answer.usage.unwrap();
        let reasons = Value::Array(Array::String(vec![StringValue::from("stop")]));
        let (input_tokens, output_tokens) = (usage.prompt_tokens, usage.completion_tokens);
        let cost = f64::from(input_tokens) * 0.15e-6 + f64::from(output_tokens) * 0.6e-6;
        span.set_attributes([
            text("gen_ai.response.id", answer.id),
            text("gen_ai.response.model", answer.model.clone()),
            KeyValue::new("gen_ai.response.finish_reasons", reasons),
            KeyValue::new("gen_ai.usage.input_tokens", i64::from(input_tokens)),
            KeyValue::new("gen_ai.usage.output_tokens", i64::from(output_tokens)),
            KeyValue::new("cost.total_usd", cost),
            text("outcome", "completed"),
            text("gen_ai.output.messages", output),
        ]);
        span.end();
        self.count(&answer.model, begun, [input_tokens, output_tokens]);
    }

    fn count(&self, model: &str, begun: Instant, tokens: [u32; 2]) {
        let mut labels = vec![
            text("gen_ai.operation.name", "chat"),
            text("gen_ai.provider.name", "openai"),
            text("gen_ai.request.model", "gpt-4o-mini"),
            text("gen_ai.response.model", model.to_owned()),
            text("server.address", "127.0.0.1"),
            KeyValue::new("server.port", 9),
        ];
        self.duration.record(begun.elapsed().as_secs_f64(), &labels);
        for (kind, count) in ["input", "output"].into_iter().zip(tokens) {
            labels.push(text("gen_ai.token.type", kind));
            self.tokens.record(u64::from(count), &labels);
            labels.pop();
        }
    }
}
