//! The variables of the OTLP exporter, against a collector.

use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use spanloom_testkit::{ModelServer, Sink, SinkAnswer, SinkRequest};

use super::{builder, environment};
use crate::error::Faults;
use crate::monitor::MonitorBuilder;
use crate::{Monitor, Monitored as _};

/// Far longer than a delivery to this machine takes.
const DELIVERY: Duration = Duration::from_secs(10);

/// Returns the requests a collector receives for one call: of its span only, or also of metrics and events.
async fn requests(collector: &Sink, builder: MonitorBuilder) -> Vec<SinkRequest> {
    let monitor = after_a_call(builder).await;
    let receipt = monitor.shutdown(DELIVERY).await;
    assert!(receipt.is_complete(), "{receipt}");
    let mut requests = collector.requests();
    // A request without spans checks the key.
    requests.retain(|request| !request.body.is_empty());
    requests
}

/// Returns a monitor after one call, whose body is long enough to be compressed.
async fn after_a_call(builder: MonitorBuilder) -> Monitor {
    let model = ModelServer::builder().start().await.unwrap();
    let monitor = builder.without_spool().start().unwrap();
    let config = OpenAIConfig::new().with_api_base(model.base_url());
    let client = Client::with_config(config).monitored(&monitor);
    let long = "what is 2+2? ".repeat(200);
    let request = serde_json::json!({
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": long}],
    });
    let request = serde_json::from_value(request).unwrap();
    client.chat().create(request).await.unwrap();
    monitor
}

const SPANS_ONLY: [(&str, &str); 2] = [
    ("OTEL_METRICS_EXPORTER", "none"),
    ("OTEL_LOGS_EXPORTER", "none"),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_endpoint_of_all_signals_is_a_base_and_that_of_spans_is_not() {
    for (name, path, expected) in [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "", "/v1/traces"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "/base/", "/base/v1/traces"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "/in?q=1", "/in?q=1"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "", "/"),
    ] {
        let collector = Sink::start().await.unwrap();
        let endpoint = format!("{}{path}", collector.url());
        let variables = [&[(name, endpoint.as_str())], SPANS_ONLY.as_slice()].concat();
        let requests = requests(&collector, builder("a/b/c", &variables)).await;
        let paths: Vec<_> = requests.iter().map(|request| &request.path).collect();
        assert_eq!(paths, [expected], "{name} {path}");
        assert_eq!(requests[0].header("content-encoding"), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_concerns_spans_beats_what_concerns_all_signals() {
    let collector = Sink::start().await.unwrap();
    let endpoint = format!("{}/spans", collector.url());
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", endpoint.as_str()),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-general=1"),
        (
            "OTEL_EXPORTER_OTLP_TRACES_HEADERS",
            "authorization=Bearer%20s3cret, x-tenant = acme ,",
        ),
        ("OTEL_EXPORTER_OTLP_COMPRESSION", "none"),
        ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", "gzip"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "http/protobuf"),
    ];
    let requests = requests(&collector, builder("a/b/c", &variables)).await;
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].path, "/spans");
    for (name, expected) in [
        ("authorization", Some("Bearer s3cret")),
        ("x-tenant", Some("acme")),
        ("x-general", None),
        ("content-encoding", Some("gzip")),
        ("content-type", Some("application/x-protobuf")),
    ] {
        assert_eq!(requests[0].header(name), expected, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_code_takes_what_code_cannot_say_from_the_environment() {
    let collector = Sink::start().await.unwrap();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
        ("OTEL_EXPORTER_OTLP_HEADERS", "x-key=k"),
        SPANS_ONLY[0],
        SPANS_ONLY[1],
    ];
    let builder = builder("a/b/c", &variables).with_collector(&collector.url());
    let requests = requests(&collector, builder).await;
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].path, "/v1/traces");
    assert_eq!(requests[0].header("x-key"), Some("k"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_has_the_time_of_the_environment() {
    let collector = Sink::start().await.unwrap();
    let url = collector.url();
    let variables = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", url.as_str()),
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "10000000"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "100"),
        SPANS_ONLY[0],
        SPANS_ONLY[1],
    ];
    collector.answer_next_with(SinkAnswer::hang());
    let monitor = after_a_call(builder("a/b/c", &variables)).await;
    // Without the timeout, the first request would last as long as this wait, or longer.
    collector.wait_for(2).await.unwrap();
    let receipt = monitor.shutdown(DELIVERY).await;
    assert!(receipt.is_complete(), "{receipt}");
}

#[test]
fn a_collectors_authority_is_read_from_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, include_str!("certificate.pem")).unwrap();
    let file = file.to_str().unwrap();
    let shown = destination(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c:4318"),
        // The general certificate is not read for spans.
        ("OTEL_METRICS_EXPORTER", "none"),
        ("OTEL_LOGS_EXPORTER", "none"),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "/missing.pem"),
        ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", file),
    ]);
    assert!(shown.contains("https://c:4318"), "{shown}");
}

/// Returns the `Debug` output of the destination.
fn destination(variables: &[(&str, &str)]) -> String {
    let mut faults = Faults::default();
    let made = environment(variables).collector(None, false, &mut faults);
    format!("{:?}", faults.settle(made).unwrap())
}

#[test]
fn grpc_is_spoken_to_either_endpoint() {
    for endpoint in [
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    ] {
        for protocol in [
            "OTEL_EXPORTER_OTLP_PROTOCOL",
            "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
        ] {
            let shown = destination(&[(endpoint, "http://c:4317"), (protocol, "GRPC")]);
            assert!(shown.contains("OtlpGrpc"), "{endpoint} {protocol}: {shown}");
        }
    }
}

#[test]
fn metrics_and_logs_are_told_when_they_cannot_go_over_grpc() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4317");
    let grpc = ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc");
    let http = |name| (name, "http/protobuf");
    let to = |variables: &[(&str, &str)]| {
        let environment = environment(variables);
        let to = environment.collectors(None, None, false);
        (to.metrics.is_some(), to.logs.is_some(), to.needs_grpc)
    };
    assert_eq!(to(&[endpoint]), (true, true, false));
    assert_eq!(to(&[endpoint, grpc]), (false, false, true));
    let of_metrics = http("OTEL_EXPORTER_OTLP_METRICS_PROTOCOL");
    assert_eq!(to(&[endpoint, grpc, of_metrics]), (true, false, true));
    let of_logs = http("OTEL_EXPORTER_OTLP_LOGS_PROTOCOL");
    assert_eq!(
        to(&[endpoint, grpc, of_metrics, of_logs]),
        (true, true, false)
    );
    let [no_metrics, no_logs] = SPANS_ONLY;
    assert_eq!(
        to(&[endpoint, grpc, no_metrics, no_logs]),
        (false, false, false)
    );
}

#[test]
fn metrics_and_logs_have_certificates_and_times_of_their_own() {
    let endpoint = ("OTEL_EXPORTER_OTLP_ENDPOINT", "https://c:4318");
    for name in [
        "OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE",
        "OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE",
    ] {
        let mut faults = Faults::default();
        let variables = [endpoint, (name, "/missing.pem")];
        let spans = environment(&variables).collector(None, false, &mut faults);
        let error = faults.settle(spans).unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
    let environment = environment(&[
        endpoint,
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "1000"),
        ("OTEL_EXPORTER_OTLP_METRICS_TIMEOUT", "2000"),
        ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "3000"),
    ]);
    let to = environment.collectors(None, None, false);
    let times = [to.metrics, to.logs].map(|collector| {
        let destination = collector.unwrap().destination(&mut Faults::default());
        destination.unwrap().http_client().1
    });
    assert_eq!(times, [2, 1].map(Duration::from_secs));
}
