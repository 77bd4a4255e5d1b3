//! `kill -9` at seeded moments, with everything spooled at once: no call is lost that ended 50 ms before, and none shows twice.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so at once"
)]

#[path = "../child.rs"]
mod child;

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::{Value, json};
use spanloom::{Monitor, MonitorAttributesExt as _, Monitored as _, SpoolMode, SpoolSettings};
use spanloom_exporter::Leftover;
use spanloom_server::{Database, Server};
use spanloom_testkit::{Latency, ModelServer};

use child::{say, start, told};

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(10);

const KILLS: u64 = 200;
const AT_ONCE: u64 = 2;
/// How long a call takes: a build without optimisation reads a call in about a millisecond.
const PACE: Duration = Duration::from_millis(4);
/// What may be lost.
const FRESH: Duration = Duration::from_millis(50);

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// Not a test: what the killed process does. Says of each call when it was over.
#[test]
fn calls_until_it_is_killed() {
    let Some(told) = told() else {
        return;
    };
    let [model, server, spool, stream] = told.as_slice() else {
        panic!("told {told:?}");
    };
    let mut settings = SpoolSettings::new(spool);
    settings.mode = SpoolMode::Always;
    let monitor = Monitor::builder(stream)
        .with_server(server)
        .with_spool(settings)
        .quiet()
        .start()
        .unwrap();
    let config = OpenAIConfig::new()
        .with_api_base(model)
        .with_api_key("sk-test");
    let client = Client::with_config(config).monitored(&monitor);
    let request =
        json!({"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hello"}]});
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(async {
        for number in 0.. {
            let request = serde_json::from_value(request.clone()).unwrap();
            let chat = client.chat();
            let call = chat.create(request);
            let call = call.monitor_attributes(json!({"number": number}));
            call.await.unwrap();
            say(&format!("{number} {}", now().as_micros()));
        }
    });
}

/// A server in this process, on a thread of its own.
fn server() -> String {
    let (say, hear) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async move {
            let server = Server::builder()
                .with_listen("127.0.0.1:0".parse().unwrap())
                .with_otlp_http(None)
                .with_database(Database::Temporary)
                .bind()
                .await
                .unwrap();
            say.send(server.url()).unwrap();
            server.serve(std::future::pending()).await.unwrap();
        });
    });
    hear.recv().unwrap()
}

/// How often each number is shown.
fn shown(server: &str, project: &str) -> HashMap<u64, u32> {
    let query = json!({"project_id": format!("kill/{project}")});
    let client = reqwest::Client::new();
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let text = runtime.enable_all().build().unwrap().block_on(async {
        let request = client
            .post(format!("{server}/calls/stream_query"))
            .json(&query);
        request.send().await.unwrap().text().await.unwrap()
    });
    let mut shown = HashMap::new();
    for line in text.lines() {
        let call: Value = serde_json::from_str(line).unwrap();
        let number = call
            .pointer("/attributes/number")
            .and_then(Value::as_u64)
            .unwrap();
        *shown.entry(number).or_default() += 1;
    }
    shown
}

/// One life and its end; returns how many calls it had made.
fn live_and_die(index: u64, model: &str, server: &str, folder: &Path) -> usize {
    // Every other one has nobody to send to: a port that nobody listens on any more.
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let at = match index % 2 {
        0 => server.to_owned(),
        _ => format!("http://{nobody}"),
    };
    let project = format!("p{index}");
    let stream = format!("kill/{project}/logs");
    let spool = folder.display().to_string();
    let told = [model, &at, &spool, &stream];
    let mut child = start("calls_until_it_is_killed", &told);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // The first line but for the harness's own: it is at work.
    let mut said = Vec::new();
    let read = |line: String| {
        let (number, at) = line.split_once(' ')?;
        Some((
            number.parse().ok()?,
            Duration::from_micros(at.parse().ok()?),
        ))
    };
    while said.is_empty() {
        let line = lines.next().expect("the child is at work").unwrap();
        said.extend(read(line));
    }
    // A seeded moment: the same in every run.
    let noise = (index + 1).wrapping_mul(6_364_136_223_846_793_005) >> 33;
    let life = Duration::from_millis(20 + noise % 230);
    let (stop, stopped) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        said.extend(lines.map_while(Result::ok).filter_map(read));
        stop.send(()).ok();
        said
    });
    assert!(
        stopped.recv_timeout(life).is_err(),
        "the child ended by itself"
    );
    let killed = now();
    child.kill().unwrap();
    child.wait().unwrap();
    let said: Vec<(u64, Duration)> = reader.join().unwrap();

    for leftover in Leftover::find(folder).unwrap() {
        let exporter = leftover
            .send(leftover.destination(Some(server)).unwrap())
            .unwrap();
        let receipt = exporter.flush(PATIENCE);
        assert!(
            receipt.is_complete() && receipt.is_conserved(),
            "{index}: {receipt:?}"
        );
        assert!(exporter.shutdown(PATIENCE).is_complete());
    }
    let shown = shown(server, &project);
    let lost = |(number, ended): &&(u64, Duration)| {
        *ended + FRESH <= killed && !shown.contains_key(number)
    };
    let lost: Vec<(u64, Duration)> = said
        .iter()
        .filter(lost)
        .map(|(number, ended)| (*number, killed - *ended))
        .collect();
    assert!(
        lost.is_empty(),
        "{index}: of {} calls these are lost, each with its age: {lost:?}",
        said.len()
    );
    assert!(
        shown.values().all(|times| *times == 1),
        "{index}: some show twice"
    );
    said.len()
}

#[test]
fn nothing_is_lost_that_ended_50_ms_before_a_kill() {
    let model = ModelServer::builder().with_latency(Latency::Fixed(PACE));
    let model = model.start_on_thread().unwrap();
    let server = server();
    let calls = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for first in 0..AT_ONCE {
            let (model, server, calls) = (model.base_url(), &server, &calls);
            scope.spawn(move || {
                for index in (first..KILLS).step_by(usize::try_from(AT_ONCE).unwrap()) {
                    let folder = tempfile::tempdir().unwrap();
                    let made = live_and_die(index, &model, server, folder.path());
                    calls.fetch_add(made, std::sync::atomic::Ordering::Relaxed);
                }
            });
        }
    });
    let calls = calls.into_inner();
    assert!(
        calls > usize::try_from(KILLS).unwrap() * 10,
        "{calls} calls are too few to tell"
    );
}
