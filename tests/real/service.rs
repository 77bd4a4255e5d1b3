//! Door 2: a service with tracing, and the layer on its own provider. Its spans go through the real collector to the
//! real Jaeger, and these tests read them from Jaeger's API.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use spanloom_testkit::ModelServer;
use spanloom_tests::parts::collector::Collector;
use spanloom_tests::parts::eventually;
use spanloom_tests::parts::jaeger::Jaeger;

use crate::program::{Server, Service};
use crate::spans::{Span, named, own, service};

pub(crate) const NAME: &str = "axum-service";

/// The servers that a service's spans pass through.
pub(crate) struct Street {
    pub(crate) model: ModelServer,
    pub(crate) jaeger: Jaeger,
    pub(crate) spanloom: Server,
    pub(crate) collector: Collector,
}

impl Street {
    pub(crate) async fn new() -> Self {
        let jaeger = Jaeger::start().await.unwrap();
        let spanloom = Server::start().await;
        let collector = Collector::start(&jaeger.otlp(), &spanloom.url)
            .await
            .unwrap();
        Self {
            model: ModelServer::builder().start().await.unwrap(),
            jaeger,
            spanloom,
            collector,
        }
    }

    pub(crate) async fn service(
        &self,
        example: &str,
        name: &str,
        environment: &[(&str, &str)],
    ) -> Service {
        Service::start(
            example,
            name,
            &self.model.base_url(),
            &self.collector.address(),
            environment,
        )
        .await
    }

    /// Returns the spans of trace `number` from Jaeger, once there are `count`.
    pub(crate) async fn trace(&self, number: u8, count: usize) -> Vec<Span> {
        eventually("the trace in Jaeger", async || {
            let trace = self.jaeger.trace(&trace_id(number)).await?;
            let spans: Vec<Span> = trace["spans"]
                .as_array()
                .ok_or("no spans")?
                .iter()
                .map(Span::of_jaeger)
                .collect();
            if spans.len() < count {
                return Err(format!(
                    "{} of {count} spans: {spans:#?}\n{}",
                    spans.len(),
                    self.collector.log()
                )
                .into());
            }
            Ok(spans)
        })
        .await
        .unwrap()
    }

    /// Returns the spans of service `name` in the collector's file, once there are `count`.
    async fn collected(&self, name: &str, count: usize) -> Vec<Span> {
        self.collected_such(name, count, |_| true).await
    }

    /// Returns the same spans without model calls, once there are `count` of them.
    pub(crate) async fn collected_own(&self, name: &str, count: usize) -> Vec<Span> {
        self.collected_such(name, count, |span| !span.is_call())
            .await
    }

    async fn collected_such(
        &self,
        name: &str,
        count: usize,
        such: impl Fn(&Span) -> bool,
    ) -> Vec<Span> {
        eventually("spans in the collector's file", async || {
            let spans: Vec<Span> = self
                .collector
                .spans()?
                .iter()
                .filter(|span| service(span) == name)
                .map(Span::of_collector)
                .collect();
            if spans.iter().filter(|span| such(span)).count() < count {
                return Err(format!("{} of {count} spans: {spans:#?}", spans.len()).into());
            }
            Ok(spans)
        })
        .await
        .unwrap()
    }
}

pub(crate) fn trace_id(number: u8) -> String {
    // The lower half of the id, which ratio samplers use, is spread over the whole range.
    format!(
        "4bf92f3577b34da6{:016x}",
        u64::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    )
}

pub(crate) fn traceparent(number: u8) -> String {
    format!("00-{}-00f067aa0ba902b7-01", trace_id(number))
}

/// Samples half of the traces, by their ids alone: two services must decide alike.
pub(crate) const HALF_SAMPLED: [(&str, &str); 2] = [
    ("OTEL_TRACES_SAMPLER", "traceidratio"),
    ("OTEL_TRACES_SAMPLER_ARG", "0.5"),
];

/// Decides like `traceidratio` at a half: by the upper bit of the id's lower half.
pub(crate) fn is_sampled(number: u8) -> bool {
    let lower = u64::from_str_radix(&trace_id(number)[16..], 16).unwrap();
    lower >> 63 == 0
}

#[tokio::test(flavor = "multi_thread")]
async fn one_trace_from_the_request_to_the_call_and_its_http_request() {
    let street = Street::new().await;
    let service = street.service("axum_service_monitored", NAME, &[]).await;
    let answer = service.post("/ask", "what is 2+2?", &traceparent(1)).await;
    service.stop().await;

    assert!(answer.contains('4'), "{answer}");
    let spans = street.trace(1, 4).await;
    let [request, handler, call, http] =
        ["POST /ask", "ask", "chat gpt-4o-mini", "POST"].map(|name| named(&spans, name));
    assert_eq!(spans.len(), 4, "{spans:#?}");
    assert_eq!(request.parent, "00f067aa0ba902b7");
    assert_eq!(handler.parent, request.id);
    assert_eq!(call.parent, handler.id);
    assert_eq!(http.parent, call.id);
    let kinds = [request, handler, call, http].map(|span| span.kind.as_str());
    assert_eq!(kinds, ["server", "internal", "client", "client"]);
    let services = street.jaeger.services().await.unwrap();
    assert!(
        services.as_array().unwrap().contains(&json!(NAME)),
        "{services}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_has_the_conventions_names_types_and_values() {
    let street = Street::new().await;
    let service = street.service("axum_service_monitored", NAME, &[]).await;
    service.post("/ask", "what is 2+2?", &traceparent(1)).await;
    service.stop().await;

    let spans = street.trace(1, 4).await;
    let call = &named(&spans, "chat gpt-4o-mini").attributes;
    let usage = street.model.answers()[0].usage.unwrap();
    let port: u16 = street
        .model
        .base_url()
        .rsplit(':')
        .next()
        .unwrap()
        .trim_end_matches("/v1")
        .parse()
        .unwrap();
    // Jaeger stores lists as JSON text.
    let expected = json!({
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": street.model.answers()[0].model,
        "gen_ai.response.finish_reasons": "[\"stop\"]",
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
        "server.address": "127.0.0.1",
        "server.port": port,
        "openai.api.type": "chat_completions",
        "spanloom.outcome": "completed",
        "spanloom.attempts": 1,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(call.get(name), Some(value), "{name}\n{call:#?}");
    }
    assert!(call["spanloom.cost.total_usd"].is_f64(), "{call:#?}");
    let content = [
        "gen_ai.input.messages",
        "gen_ai.output.messages",
        "spanloom.request",
        "spanloom.response",
    ];
    assert!(
        content.iter().all(|name| !call.contains_key(*name)),
        "no content unless it is asked for: {call:#?}"
    );
    let names: BTreeSet<&str> = call.keys().map(String::as_str).collect();
    let other: Vec<_> = names
        .iter()
        .filter(|name| {
            ![
                "gen_ai.",
                "server.",
                "openai.",
                "spanloom.",
                "otel.",
                "internal.",
            ]
            .iter()
            .any(|group| name.starts_with(group))
        })
        .collect();
    assert!(other.is_empty(), "{other:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_passed_on_is_one_call_with_its_time_to_first_chunk() {
    let street = Street::new().await;
    let service = street.service("axum_service_monitored", NAME, &[]).await;
    let passed_on = service
        .post("/stream", "hello world!", &traceparent(2))
        .await;
    service.stop().await;

    let said: String = passed_on
        .lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .collect();
    assert!(said.len() > 10, "{passed_on}");
    let spans = street.trace(2, 4).await;
    let call = named(&spans, "chat gpt-4o-mini");
    assert_eq!(call.parent, named(&spans, "stream").id);
    assert_eq!(call.attributes["gen_ai.request.stream"], json!(true));
    assert_eq!(
        call.attributes["gen_ai.usage.output_tokens"],
        json!(street.model.answers()[0].usage.unwrap().completion_tokens)
    );
    let first_chunk = &call.attributes["gen_ai.response.time_to_first_chunk"];
    assert!(
        first_chunk.is_f64() && first_chunk.as_f64() > Some(0.0),
        "{first_chunk}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tool_loop_is_two_calls_and_the_tool_under_one_handler() {
    let street = Street::new().await;
    let service = street.service("axum_service_monitored", NAME, &[]).await;
    service
        .post("/weather", "what is the weather in Oslo?", &traceparent(3))
        .await;
    service.stop().await;

    let spans = street.trace(3, 7).await;
    let handler = named(&spans, "weather");
    let under: Vec<&str> = spans
        .iter()
        .filter(|span| span.parent == handler.id)
        .map(|span| span.name.as_str())
        .collect();
    assert_eq!(under.len(), 3, "{spans:#?}");
    let calls: Vec<&Span> = spans.iter().filter(|span| span.is_call()).collect();
    let reasons: BTreeSet<&str> = calls
        .iter()
        .filter_map(|call| call.attributes["gen_ai.response.finish_reasons"].as_str())
        .collect();
    assert_eq!(reasons, BTreeSet::from(["[\"stop\"]", "[\"tool_calls\"]"]));
    assert_eq!(named(&spans, "get_weather").parent, handler.id);
    for call in calls {
        assert_eq!(
            spans.iter().filter(|span| span.parent == call.id).count(),
            1,
            "one HTTP request each"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_span_is_lost_and_the_services_own_stay_as_they_were() {
    let street = Street::new().await;
    let mut seen = Vec::new();
    for (example, name, count) in [
        ("axum_service", "before", 14),
        ("axum_service_monitored", "after", 19),
    ] {
        let service = street.service(example, name, &[]).await;
        service.post("/ask", "what is 2+2?", &traceparent(1)).await;
        service
            .post("/stream", "hello world!", &traceparent(2))
            .await;
        service
            .post("/weather", "what is the weather in Oslo?", &traceparent(3))
            .await;
        service.post("/ask", "hello world!", &traceparent(4)).await;
        service.stop().await;
        let spans = street.collected(name, count).await;
        assert_eq!(spans.len(), count, "{spans:#?}");
        seen.push(own(&spans));
    }
    assert_eq!(seen[0], seen[1]);
    // The same spans were forwarded to our server, under the project in the collector's configuration.
    let calls = street.spanloom.wait_for("acme/services", 33).await;
    let chats = calls
        .iter()
        .filter(|call| {
            call["op_name"]
                .as_str()
                .is_some_and(|name| name.contains("chat"))
        })
        .count();
    assert_eq!(
        chats,
        5,
        "{:#?}",
        calls
            .iter()
            .map(|call| &call["op_name"])
            .collect::<Vec<&Value>>()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sampler_decides_as_before() {
    const REQUESTS: u8 = 8;
    let sampled = (1..=REQUESTS).filter(|number| is_sampled(*number)).count();
    assert!(sampled > 0 && sampled < usize::from(REQUESTS));
    let street = Street::new().await;
    let mut seen = Vec::new();
    for (example, name) in [
        ("axum_service", "before"),
        ("axum_service_monitored", "after"),
    ] {
        let service = street.service(example, name, &HALF_SAMPLED).await;
        for number in 1..=REQUESTS {
            service
                .post("/ask", "what is 2+2?", &traceparent(number))
                .await;
        }
        service.stop().await;
        let spans = street.collected_own(name, 3 * sampled).await;
        let calls = spans.iter().filter(|span| span.is_call()).count();
        assert_eq!(calls, if name == "before" { 0 } else { sampled });
        seen.push(own(&spans));
    }
    assert_eq!(seen[0], seen[1]);
}
