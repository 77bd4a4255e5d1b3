//! Our own programs, as users run them.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use spanloom_tests::parts::{Result, Running, eventually, free_port};
use tempfile::TempDir;

/// Builds our programs and returns the path of `target`.
pub(crate) fn built(target: &str) -> PathBuf {
    // All at once and for the whole workspace, with the features of `cargo test --workspace`.
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--locked", "--message-format=json"])
        .args(["--workspace", "--bin", "spanloom", "--examples"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == target)
        .find_map(|message| Some(PathBuf::from(message["executable"].as_str()?)))
        .unwrap()
}

/// One of the `axum_service` examples, running.
pub(crate) struct Service {
    process: Running,
    url: String,
}

impl Service {
    /// Starts `example` as the service `name`, asking the model server at `model` and exporting to `collector`.
    pub(crate) async fn start(
        example: &str,
        name: &str,
        model: &str,
        collector: &str,
        environment: &[(&str, &str)],
    ) -> Self {
        let program = built(example);
        let listen = format!("127.0.0.1:{}", free_port().unwrap());
        let mut command = Command::new(program);
        command
            .env("LISTEN", &listen)
            .env("OPENAI_BASE_URL", model)
            .env("OPENAI_API_KEY", "sk-test-0123456789abcdefghij")
            .env("OTEL_SERVICE_NAME", name)
            .env("OTEL_EXPORTER_OTLP_ENDPOINT", collector)
            .envs(environment.iter().copied());
        let process = Running::start(name, &mut command).unwrap();
        let service = Self {
            process,
            url: format!("http://{listen}"),
        };
        // A request would create a span, so wait for the message that it listens.
        eventually("the service listens", async || {
            let log = service.process.log();
            log.contains("listening on").then_some(()).ok_or(log.into())
        })
        .await
        .unwrap();
        service
    }

    /// Posts `text` to `path`, inside the trace of the header.
    pub(crate) async fn post(&self, path: &str, text: &str, traceparent: &str) -> String {
        let sent = reqwest::Client::new()
            .post(format!("{}{path}", self.url))
            .header("traceparent", traceparent)
            .body(text.to_owned());
        let answer = sent.send().await.unwrap();
        assert_eq!(answer.status(), 200, "{}", self.process.log());
        answer.text().await.unwrap()
    }

    /// Stops the service as an operator does; it flushes before it exits.
    pub(crate) async fn stop(mut self) {
        self.process.interrupt().await.unwrap();
    }
}

/// `spanloom serve`, running on a separate database.
pub(crate) struct Server {
    process: Running,
    pub(crate) url: String,
    /// The folder is deleted with the server.
    _folder: TempDir,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::on("spanloom.db", tempfile::tempdir().unwrap()).await
    }

    /// Serves the database `file` in `folder`.
    pub(crate) async fn on(file: &str, folder: TempDir) -> Self {
        let listen = format!("127.0.0.1:{}", free_port().unwrap());
        let mut command = Command::new(built("spanloom"));
        command
            .args([
                "serve",
                "--listen",
                &listen,
                "--otlp-http",
                "off",
                "--otlp-grpc",
                "off",
                "--db",
            ])
            .arg(folder.path().join(file));
        let mut process = Running::start("spanloom serve", &mut command).unwrap();
        let url = format!("http://{listen}");
        process.answers(&format!("{url}/health")).await.unwrap();
        Self {
            process,
            url,
            _folder: folder,
        }
    }

    /// Returns the calls of `project` from Weave's API, oldest first.
    pub(crate) async fn calls(&self, project: &str) -> Result<Vec<Value>> {
        let answer = reqwest::Client::new()
            .post(format!("{}/calls/stream_query", self.url))
            .json(&serde_json::json!({"project_id": project, "sort_by": [{"field": "started_at", "direction": "asc"}]}))
            .send()
            .await?;
        let lines = answer.error_for_status()?.text().await?;
        lines
            .lines()
            .map(|line| Ok(serde_json::from_str(line)?))
            .collect()
    }

    /// Returns these calls, once there are `count` of them.
    pub(crate) async fn wait_for(&self, project: &str, count: usize) -> Vec<Value> {
        self.wait_for_such(project, count, |_| true).await
    }

    /// Returns those of the calls that are `such`, once there are `count` of them.
    pub(crate) async fn wait_for_such(
        &self,
        project: &str,
        count: usize,
        such: impl Fn(&Value) -> bool,
    ) -> Vec<Value> {
        eventually("records at the server", async || {
            let mut calls = self.calls(project).await?;
            calls.retain(&such);
            if calls.len() < count {
                return Err(format!("{} of {count}\n{}", calls.len(), self.process.log()).into());
            }
            Ok(calls)
        })
        .await
        .unwrap()
    }
}
