//! Jaeger, queried through the API of its pages: `/api/services` and `/api/traces`.

use std::time::Duration;

use reqwest::Client;
use serde_json::{Map, Value};
use spanloom_exporter::Destination;

use crate::error::Error;

const TIMEOUT: Duration = Duration::from_secs(5);
const LOOKS: usize = 20;
const BETWEEN: Duration = Duration::from_millis(500);
/// The number of traces searched in each service: the newest.
const TRACES: &str = "20";

pub(super) struct Jaeger {
    base: String,
    client: Client,
}

impl Jaeger {
    pub(super) fn new(address: &str) -> Result<Self, Error> {
        let refused = |error: spanloom_exporter::Error| Error::usage(format!("--jaeger: {error}"));
        // Jaeger is not a spanloom server, but its address has the same form and the same proxy applies.
        let destination = Destination::spanloom(address).map_err(refused)?;
        let (builder, _) = destination.http_client();
        let client = builder
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none());
        Ok(Self {
            base: destination.address().trim_end_matches('/').to_owned(),
            client: client
                .build()
                .map_err(|error| Error::no_http_client(&error))?,
        })
    }

    async fn data(&self, path: &str, query: &[(&str, &str)]) -> Vec<Value> {
        let asked = self.client.get(format!("{}{path}", self.base)).query(query);
        let answer: Option<Value> = match asked.send().await {
            Ok(answer) => answer.json().await.ok(),
            Err(_) => None,
        };
        let data = answer
            .as_ref()
            .and_then(|answer| answer.get("data")?.as_array());
        data.cloned().unwrap_or_default()
    }

    /// Returns the attributes of the span in the conversation `mark`. All services are searched, as the environment
    /// names the service.
    pub(super) async fn read_back(&self, mark: &str) -> Option<Value> {
        for _ in 0..LOOKS {
            for service in self.data("/api/services", &[]).await {
                let Some(service) = service.as_str() else {
                    continue;
                };
                let query = [("service", service), ("limit", TRACES), ("lookback", "1h")];
                let traces = self.data("/api/traces", &query).await;
                let spans = traces
                    .iter()
                    .filter_map(|trace| trace.get("spans")?.as_array())
                    .flatten();
                let mut spans = spans.map(attributes);
                let found = spans.find(|span| {
                    span.get("gen_ai.conversation.id")
                        .is_some_and(|conversation| conversation == mark)
                });
                if let Some(found) = found {
                    return Some(Value::Object(found));
                }
            }
            tokio::time::sleep(BETWEEN).await;
        }
        None
    }
}

fn attributes(span: &Value) -> Map<String, Value> {
    let tags = span.get("tags").and_then(Value::as_array);
    let tags = tags.into_iter().flatten();
    let named = tags.filter_map(|tag| {
        let name = tag.get("key")?.as_str()?;
        Some((name.to_owned(), tag.get("value")?.clone()))
    });
    named.collect()
}
