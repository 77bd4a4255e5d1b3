//! `kill -9` at seeded moments, with everything spooled at once: no call is lost 50 ms after its end, or shown twice.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on should say so at once"
)]

#[path = "../child.rs"]
mod child;
mod power;

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use serde_json::{Value, json};
use spanloom::{Monitor, MonitorAttributesExt as _, Monitored as _, SpoolMode, SpoolSettings};
use spanloom_exporter::SpoolBacklog;
use spanloom_server::{Database, Server};
use spanloom_testkit::{Latency, ModelServer};

use child::{say, start, told};

/// Far longer than any step here takes.
const PATIENCE: Duration = Duration::from_secs(10);

const KILLS: u64 = 200;
const AT_ONCE: u64 = 2;
/// The duration of a call: a build without optimization reads a call in about a millisecond.
const PACE: Duration = Duration::from_millis(4);
/// The age of calls that may be lost.
const FRESH: Duration = Duration::from_millis(50);

fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

/// Not a test: the killed process. Reports the end of each call.
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
        .without_notices()
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

/// Starts a server in this process, on a separate thread.
fn server() -> String {
    let (say, hear) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async move {
            let server = Server::builder()
                .with_listen("127.0.0.1:0".parse().unwrap())
                .with_otlp_http(None)
                .with_otlp_grpc(None)
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

/// Returns how often each number is shown.
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

/// A running process.
struct Life {
    child: Child,
    reader: JoinHandle<Vec<(u64, Duration)>>,
    stopped: Receiver<()>,
}

/// The work of a process before it was killed.
struct Death {
    /// Each call and the time of its end.
    said: Vec<(u64, Duration)>,
    at: Duration,
}

impl Life {
    /// Returns once the process is working.
    fn begin(model: &str, at: &str, folder: &Path, project: &str) -> Self {
        let stream = format!("kill/{project}/logs");
        let spool = folder.display().to_string();
        let mut child = start("calls_until_it_is_killed", &[model, at, &spool, &stream]);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // The first line that is not the harness's own: the process is working.
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
        let (stop, stopped) = channel();
        let reader = std::thread::spawn(move || {
            said.extend(lines.map_while(Result::ok).filter_map(read));
            stop.send(()).ok();
            said
        });
        Self {
            child,
            reader,
            stopped,
        }
    }

    fn kill_after(mut self, life: Duration) -> Death {
        assert!(
            self.stopped.recv_timeout(life).is_err(),
            "the child ended by itself"
        );
        let at = now();
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        let said = self.reader.join().unwrap();
        Death { said, at }
    }
}

/// Returns a number that is the same in every run.
fn noise(seed: u64) -> u64 {
    (seed + 1).wrapping_mul(6_364_136_223_846_793_005) >> 33
}

/// Returns an address without a server: a port that is no longer in use.
fn nobody() -> String {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", nobody.local_addr().unwrap())
}

/// Sends the remaining records, and returns their number.
fn sync(folder: &Path, server: &str) -> u64 {
    let mut sent = 0;
    for backlog in SpoolBacklog::find(folder).unwrap() {
        let destination = backlog.destination(Some(server)).unwrap();
        let exporter = backlog.send(destination).unwrap();
        let receipt = exporter.flush(PATIENCE);
        assert!(
            receipt.is_complete() && receipt.is_conserved(),
            "{receipt:?}"
        );
        assert!(exporter.shutdown(PATIENCE).is_complete());
        sent += receipt.delivered;
    }
    sent
}

/// Runs and kills one process; returns how many calls it had made.
fn live_and_die(index: u64, model: &str, server: &str, folder: &Path) -> usize {
    // Every second process has no server to send to.
    let at = match index % 2 {
        0 => server.to_owned(),
        _ => nobody(),
    };
    let project = format!("p{index}");
    let life = Life::begin(model, &at, folder, &project);
    let Death { said, at: killed } =
        life.kill_after(Duration::from_millis(20 + noise(index) % 230));
    sync(folder, server);
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

/// Eight processes share a folder, are killed at any moment, and are followed by others that take over their records.
#[test]
fn what_the_dead_leave_is_taken_over_once() {
    const PROCESSES: u64 = 8;
    const LIVES: u64 = 3;
    let model = ModelServer::builder().with_latency(Latency::Fixed(10 * PACE));
    let model = model.start_on_thread().unwrap();
    let (server, nobody) = (server(), nobody());
    let folder = tempfile::tempdir().unwrap();
    let (model, folder) = (&*model.base_url(), folder.path());
    let deaths: Vec<(String, Death)> = std::thread::scope(|scope| {
        let slots: Vec<_> = (0..PROCESSES)
            .map(|slot| {
                let nobody = &nobody;
                scope.spawn(move || {
                    let live = |number: u64| {
                        let project = format!("shared-{slot}-{number}");
                        let life = Life::begin(model, nobody, folder, &project);
                        let seed = 1_000 + slot * LIVES + number;
                        let death = life.kill_after(Duration::from_millis(600 + noise(seed) % 400));
                        (project, death)
                    };
                    (0..LIVES).map(live).collect::<Vec<_>>()
                })
            })
            .collect();
        slots
            .into_iter()
            .flat_map(|it| it.join().unwrap())
            .collect()
    });
    let sent = sync(folder, &server);
    let mut there = 0;
    for (project, death) in deaths {
        let shown = shown(&server, &project);
        there += shown.len();
        // Written in order, so the stored calls have no gaps. So many processes on a small machine are late.
        let first = (0..)
            .take_while(|number| shown.contains_key(number))
            .count();
        assert_eq!(first, shown.len(), "{project}: {shown:?}");
        let fresh = |(_, ended): &&(u64, Duration)| *ended + 10 * FRESH <= death.at;
        let due = death.said.iter().filter(fresh).count();
        assert!(first >= due && due > 0, "{project}: {first} of {due}");
    }
    assert_eq!(sent, there as u64, "each was taken over once");
    assert_eq!(sync(folder, &server), 0, "nothing is left");
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
