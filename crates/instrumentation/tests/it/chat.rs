use async_openai::types::embeddings::CreateEmbeddingRequestArgs;
use opentelemetry::trace::{SpanKind, Status};

use crate::setup::{Setup, float, int, request, text};

#[tokio::test]
async fn a_call_is_one_client_span_with_the_conventions_names() {
    let setup = Setup::new().await;
    let mut request = request("hello world!");
    request.temperature = Some(0.5);
    request.max_completion_tokens = Some(100);
    let answer = setup.client.chat().create(request).await.unwrap();

    let span = setup.span();
    let usage = answer.usage.unwrap();
    assert_eq!(
        (span.name.as_ref(), &span.span_kind, &span.status),
        ("chat gpt-4o-mini", &SpanKind::Client, &Status::Unset)
    );
    assert_eq!(
        text(&span, "gen_ai.operation.name").as_deref(),
        Some("chat")
    );
    assert_eq!(
        text(&span, "gen_ai.provider.name").as_deref(),
        Some("openai")
    );
    assert_eq!(
        text(&span, "openai.api.type").as_deref(),
        Some("chat_completions")
    );
    assert_eq!(
        text(&span, "gen_ai.request.model").as_deref(),
        Some("gpt-4o-mini")
    );
    assert_eq!(text(&span, "gen_ai.response.model"), Some(answer.model));
    assert_eq!(text(&span, "gen_ai.response.id"), Some(answer.id));
    assert_eq!(float(&span, "gen_ai.request.temperature"), Some(0.5));
    assert_eq!(int(&span, "gen_ai.request.max_tokens"), Some(100));
    assert_eq!(
        int(&span, "gen_ai.usage.input_tokens"),
        Some(i64::from(usage.prompt_tokens))
    );
    assert_eq!(
        int(&span, "gen_ai.usage.output_tokens"),
        Some(i64::from(usage.completion_tokens))
    );
    assert_eq!(
        text(&span, "spanloom.usage.source").as_deref(),
        Some("reported")
    );
    assert_eq!(
        text(&span, "spanloom.outcome").as_deref(),
        Some("completed")
    );
    assert_eq!(text(&span, "server.address").as_deref(), Some("127.0.0.1"));
    assert_eq!(int(&span, "spanloom.attempts"), Some(1));
    assert_eq!(
        text(&span, "gen_ai.request.stream"),
        None,
        "only when streaming"
    );
    assert_eq!(
        text(&span, "gen_ai.response.time_to_first_chunk"),
        None,
        "only when streaming"
    );
    assert!(span.end_time > span.start_time);

    // gpt-4o-mini: $0.15 and $0.60 per million tokens.
    let expected =
        f64::from(usage.prompt_tokens) * 0.15e-6 + f64::from(usage.completion_tokens) * 0.6e-6;
    assert!((float(&span, "spanloom.cost.total_usd").unwrap() - expected).abs() < 1e-9);
    assert_eq!(
        text(&span, "spanloom.cost.source").as_deref(),
        Some("priced")
    );
    assert!(text(&span, "spanloom.price.date").is_some());
}

#[tokio::test]
async fn an_unknown_model_has_no_cost() {
    let setup = Setup::new().await;
    let mut request = request("hello world!");
    request.model = "house-model-1".to_owned();
    setup.client.chat().create(request).await.unwrap();
    let span = setup.span();
    assert!(int(&span, "gen_ai.usage.input_tokens").is_some());
    assert_eq!(text(&span, "spanloom.cost.total_usd"), None);
    assert_eq!(text(&span, "spanloom.cost.source"), None);
}

#[tokio::test]
async fn cached_tokens_are_told_and_charged_less() {
    let setup = Setup::new().await;
    let long = "the quick brown fox jumps over the lazy dog ".repeat(20);
    for _ in 0..2 {
        setup.client.chat().create(request(&long)).await.unwrap();
    }
    let spans = setup.spans.wait_for(2).unwrap();
    let cached = int(&spans[1], "gen_ai.usage.cache_read.input_tokens").unwrap();
    assert!(cached > 0);
    let cost = |index: usize| float(&spans[index], "spanloom.cost.input_usd").unwrap();
    assert!(cost(1) < cost(0));
}

#[tokio::test]
async fn embeddings_are_spans_of_their_own_kind() {
    let setup = Setup::new().await;
    let request = CreateEmbeddingRequestArgs::default()
        .model("text-embedding-3-small")
        .input("a sentence")
        .dimensions(8_u32)
        .build()
        .unwrap();
    let answer = setup.client.embeddings().create(request).await.unwrap();
    let span = setup.span();
    assert_eq!(span.name, "embeddings text-embedding-3-small");
    assert_eq!(
        text(&span, "gen_ai.operation.name").as_deref(),
        Some("embeddings")
    );
    assert_eq!(
        int(&span, "gen_ai.usage.input_tokens"),
        Some(i64::from(answer.usage.prompt_tokens))
    );
    assert_eq!(int(&span, "gen_ai.usage.output_tokens"), None);
    assert_eq!(int(&span, "gen_ai.embeddings.dimension.count"), Some(8));
    assert!(float(&span, "spanloom.cost.total_usd").unwrap() > 0.0);
}

#[tokio::test]
async fn a_sampled_out_span_costs_no_reading_and_changes_nothing() {
    use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
    use spanloom_instrumentation::GenAiLayer;

    let setup = Setup::new().await;
    let provider = SdkTracerProvider::builder()
        .with_sampler(Sampler::AlwaysOff)
        .build();
    let layer = GenAiLayer::builder(&setup.recorder)
        .with_tracer_provider(&provider)
        .build();
    let client = setup
        .plain
        .clone()
        .with_http_service(layer.stack(reqwest::Client::new()));
    client.chat().create(request("hello world!")).await.unwrap();
    setup
        .recorder
        .flush(std::time::Duration::from_secs(5))
        .unwrap();
    assert_eq!(setup.recorder.stats().finished, 1);
    assert!(setup.spans.spans().is_empty());
}
