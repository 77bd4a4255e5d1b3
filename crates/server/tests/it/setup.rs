//! A server on a free port, and calls to record.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use reqwest::{Client, Response};
use serde_json::{Value, json};
use spanloom_core::Timestamp;
use spanloom_server::{Database, Server, ServerBuilder};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) struct Running {
    pub(crate) url: String,
    pub(crate) client: Client,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

pub(crate) fn builder() -> ServerBuilder {
    Server::builder()
        .with_listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .with_otlp_http(None)
        .with_otlp_grpc(None)
}

impl Running {
    pub(crate) async fn new() -> Self {
        Self::start(builder()).await
    }

    pub(crate) async fn with_database(path: &Path) -> Self {
        Self::start(builder().with_database(Database::Path(path.to_owned()))).await
    }

    pub(crate) async fn start(builder: ServerBuilder) -> Self {
        let server = builder.bind().await.unwrap();
        let url = server.url();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = tokio::task::spawn(async move {
            server
                .serve(async { stopped.await.unwrap_or_default() })
                .await
                .unwrap();
        });
        Self {
            url,
            client: Client::new(),
            stop,
            serving,
        }
    }

    /// Stops the server, as Ctrl-C does.
    pub(crate) async fn stop(self) {
        drop(self.stop);
        self.serving.await.unwrap();
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        self.client
            .post(format!("{}{path}", self.url))
            .body(body.to_string())
            .send()
            .await
            .unwrap()
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let response = self
            .client
            .get(format!("{}{path}", self.url))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.unwrap()
    }

    pub(crate) async fn record(&self, calls: &[Value]) {
        let response = self
            .post("/v2/acme/chatbot/calls/complete", &json!({"batch": calls}))
            .await;
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    }

    pub(crate) async fn query(&self, query: Value) -> Vec<Value> {
        let mut body = json!({"project_id": "acme/chatbot"});
        body.as_object_mut()
            .unwrap()
            .extend(query.as_object().unwrap().clone());
        let response = self.post("/calls/stream_query", &body).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "application/jsonl");
        let text = response.text().await.unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Returns the answer to a request about the project of the calls.
    pub(crate) async fn ask(&self, path: &str, body: Value) -> Value {
        let mut of_project = json!({"project_id": "acme/chatbot"});
        of_project
            .as_object_mut()
            .unwrap()
            .extend(body.as_object().unwrap().clone());
        let answer = self.post(path, &of_project).await;
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }

    pub(crate) async fn count(&self) -> u64 {
        let response = self
            .post("/calls/query_stats", &json!({"project_id": "acme/chatbot"}))
            .await;
        response.json::<Value>().await.unwrap()["count"]
            .as_u64()
            .unwrap()
    }
}

/// Returns the numbers of calls, in their order.
pub(crate) fn numbers(calls: &[Value]) -> Vec<u64> {
    let id = |call: &Value| u64::from_str_radix(call["id"].as_str().unwrap(), 16).unwrap();
    calls.iter().map(id).collect()
}

/// Returns a finished call as the exporter sends it, with the words that W&B's clients look for: the `n`-th, `n` seconds after the first, `100 n` ms long.
pub(crate) fn call(n: u32) -> Value {
    // Ten o'clock on 22 November 2026.
    let started_at = 1_795_341_600_000_000_000 + i64::from(n) * 1_000_000_000;
    let ended_at = started_at + i64::from(n) * 100_000_000;
    json!({
        "project_id": "acme/chatbot", "id": format!("{n:016x}"), "trace_id": format!("{n:032x}"), "parent_id": null,
        "op_name": "openai.chat.completions.create", "display_name": "chat gpt-4o-mini",
        "started_at": Timestamp::from_nanos(started_at),
        "ended_at": Timestamp::from_nanos(ended_at),
        "attributes": {"stream": "openai_logs", "weave": {"kind": "llm"}, "params": {"audience": if n.is_multiple_of(2) { "even" } else { "odd" }},
            "spanloom": {"operation": "chat", "provider": "openai", "request_model": "gpt-4o-mini",
                "response_model": "gpt-4o-mini-2024-07-18", "outcome": "completed", "attempts": 1, "usage_source": "reported"}},
        "inputs": {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": format!("question {n}")}]},
        "output": {"choices": [{"message": {"role": "assistant", "content": format!("answer {n}")}}]},
        "summary": {"usage": {"gpt-4o-mini-2024-07-18": {"requests": 1, "prompt_tokens": 10 * n, "completion_tokens": n,
                "input_tokens": 10 * n, "output_tokens": n}},
            "cost": {"total_usd": 0.001 * f64::from(n), "source": "priced"}, "status_code": "SUCCESS"},
        "exception": null,
    })
}

/// A generator of numbers that look random (xorshift64*).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap() % bound
    }
}
