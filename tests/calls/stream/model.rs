//! A body that names its model twice: all signals of the call report the same one.

use std::sync::Arc;

use async_openai::middleware::HttpRequestFactory;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use opentelemetry_sdk::trace::SpanData;
use reqwest::{Body, Method, Request};
use spanloom_instrumentation::Content;
use spanloom_testkit::attribute;
use tower::{Layer as _, Service as _};

use super::script::{Ending, Script, Scripts};
use crate::observe::Observer;

const REQUEST: &str = r#"{"model":"gpt-4o","messages":[],"model":"gpt-4o-mini"}"#;
const ANSWER: &[u8] = br#"{"choices":[],"usage":{"prompt_tokens":1000000,"completion_tokens":0}}"#;

fn names(span: &SpanData) -> Vec<String> {
    let models = span.attributes.iter();
    let models = models.filter(|pair| pair.key.as_str() == "gen_ai.request.model");
    models
        .map(|pair| pair.value.as_str().into_owned())
        .collect()
}

#[tokio::test]
async fn a_model_that_is_named_twice_is_one_everywhere() {
    let observer = Observer::with(|builder| builder.with_content(Content::Off));
    let script = Script {
        status: 200,
        headers: vec![("content-type".into(), "application/json".into())],
        chunks: vec![Bytes::from_static(ANSWER)],
        ending: Ending::Whole,
        sized: true,
    };
    let factory = HttpRequestFactory::new(|| async {
        let url = "https://api.openai.com/v1/chat/completions"
            .parse()
            .unwrap();
        let mut request = Request::new(Method::POST, url);
        *request.body_mut() = Some(Body::from(REQUEST));
        Ok(request)
    });
    let mut service = observer.layer.layer(Scripts(Arc::new(script)));
    let response = service.call(factory).await.unwrap();
    http::Response::from(response)
        .into_body()
        .collect()
        .await
        .unwrap();

    let observed = observer.observed();
    assert_eq!(observed.span.name, "chat gpt-4o");
    assert_eq!(names(&observed.span), ["gpt-4o"]);
    let cost = attribute(&observed.span, "spanloom.cost.total_usd").unwrap();
    assert_eq!(cost.as_str(), "2.5", "a million tokens of that model");
    for point in observed.metrics.iter().flat_map(|metric| &metric.points) {
        let named = |name: &str| {
            point
                .attributes
                .iter()
                .any(|pair| pair.value.as_str() == name)
        };
        assert!(named("gpt-4o") && !named("gpt-4o-mini"), "{point:?}");
    }
}
