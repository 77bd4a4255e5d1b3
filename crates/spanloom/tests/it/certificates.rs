//! The certificates that the environment names, with a collector behind TLS.

use std::process::Command;
use std::time::Duration;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use spanloom::{Monitor, Monitored as _, SpoolSettings};
use spanloom_testkit::{ModelServer, Sink};
use tempfile::TempDir;

use crate::authority::{Authority, Valid};
use crate::front::Front;
use crate::setup::request;
use crate::upstream::{Spoken, Upstream};

/// The variable that makes this program a child.
const TASK: &str = "SPANLOOM_TEST_TASK";

/// The files that the variables name.
struct Files(TempDir);

impl Files {
    fn new(texts: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in texts {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_owned()
    }
}

/// Returns a child's receipt, after a call to the destination in the environment, and the child's other output.
fn receipt(environment: &[(&str, &str)]) -> (String, String) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "certificates::a_call", "--nocapture"]);
    for (name, _) in std::env::vars_os() {
        let named = name.to_string_lossy().to_uppercase();
        let reads = ["OTEL_", "WANDB_", "WF_", "WEAVE_", "SPANLOOM_"];
        if reads.iter().any(|it| named.starts_with(it)) || named.ends_with("_PROXY") {
            child.env_remove(name);
        }
    }
    let output = child
        .env(TASK, "a call")
        .envs(environment.iter().copied())
        .output()
        .unwrap();
    let all = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    let line = all.lines().find_map(|line| line.strip_prefix("receipt: "));
    (line.unwrap_or("none").to_owned(), all)
}

/// Not a test: the child's task.
#[tokio::test]
async fn a_call() {
    if std::env::var(TASK).is_err() {
        return;
    }
    let model = ModelServer::builder().start_on_thread().unwrap();
    let spool = tempfile::tempdir().unwrap();
    let builder = Monitor::builder("acme/chatbot/openai_logs");
    let builder = builder.with_spool(SpoolSettings::new(spool.path()));
    let monitor = builder.without_notices().start().unwrap();
    let config = OpenAIConfig::new().with_api_base(model.base_url());
    // The model is on this machine, and these tests' proxies are not for it.
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let client = Client::with_config(config).monitored_with(&monitor, http);
    client.chat().create(request("what is 2+2?")).await.unwrap();
    println!(
        "\nreceipt: {}",
        monitor.shutdown_blocking(Duration::from_secs(5)).total
    );
}

#[test]
fn a_collectors_authority_and_the_clients_certificate_are_the_environments() {
    let (authority, clients) = (Authority::new("ours"), Authority::new("clients"));
    let client = clients.sign("service", Valid::Now);
    let files = Files::new(&[
        ("authority", authority.pem()),
        ("certificate", client.certificate.pem()),
        ("key", client.key.serialize_pem()),
    ]);
    let [ca, certificate, key] = ["authority", "certificate", "key"].map(|it| files.path(it));
    let own = authority.sign("127.0.0.1", Valid::Now);
    for (spoken, protocol) in [(Spoken::Otlp, "http/protobuf"), (Spoken::Grpc, "grpc")] {
        let upstream = Upstream::new(spoken);
        let front = Front::start(&own, Some(&clients), spoken.inside(), upstream.address());
        let url = front.url();
        let mut environment = vec![
            ("OTEL_METRICS_EXPORTER", "none"),
            ("OTEL_LOGS_EXPORTER", "none"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &url),
        ];
        let (none, all) = receipt(&environment);
        assert_eq!(none, "0 delivered, 1 spooled", "{protocol}: {all}");

        environment.push(("OTEL_EXPORTER_OTLP_CERTIFICATE", &ca));
        let (none, all) = receipt(&environment);
        assert_eq!(none, "0 delivered, 1 spooled", "{protocol}: {all}");
        assert_eq!(upstream.requests(), 0);

        environment.push(("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", &certificate));
        environment.push(("OTEL_EXPORTER_OTLP_CLIENT_KEY", &key));
        let (one, all) = receipt(&environment);
        assert_eq!(one, "1 delivered", "{protocol}: {all}");
        assert_eq!(upstream.requests(), 1);
    }
}

/// Returns the paths of the requests to a collector.
fn paths(collector: &Sink) -> Vec<String> {
    let requests = collector.requests().into_iter();
    let mut paths: Vec<String> = requests.map(|request| request.path).collect();
    paths.sort();
    paths
}

#[test]
fn metrics_go_to_whom_the_spans_go() {
    let (authority, clients) = (Authority::new("ours"), Authority::new("clients"));
    let client = clients.sign("service", Valid::Now);
    let files = Files::new(&[
        ("authority", authority.pem()),
        ("certificate", client.certificate.pem()),
        ("key", client.key.serialize_pem()),
    ]);
    let [ca, certificate, key] = ["authority", "certificate", "key"].map(|it| files.path(it));
    let own = authority.sign("127.0.0.1", Valid::Now);
    let collector = Sink::start_on_thread().unwrap();
    let front = Front::start(&own, Some(&clients), "http/1.1", collector.address());
    let (line, all) = receipt(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &front.url()),
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", &ca),
        ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", &certificate),
        ("OTEL_EXPORTER_OTLP_CLIENT_KEY", &key),
    ]);
    assert_eq!(line, "1 delivered", "{all}");
    assert_eq!(paths(&collector), ["/v1/metrics", "/v1/traces"], "{all}");
}

#[test]
fn metrics_for_this_machine_go_through_no_proxy() {
    let (collector, proxy) = (
        Sink::start_on_thread().unwrap(),
        Sink::start_on_thread().unwrap(),
    );
    let (line, all) = receipt(&[
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url()),
        ("HTTP_PROXY", &proxy.url()),
        ("NO_PROXY", ""),
    ]);
    assert_eq!(line, "1 delivered", "{all}");
    assert_eq!(paths(&collector), ["/v1/metrics", "/v1/traces"], "{all}");
    assert_eq!(paths(&proxy), [""; 0]);
}
