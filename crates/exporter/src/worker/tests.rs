//! A refused key over an hour of simulated time, and a destination that was away.

use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use reqwest::header::HeaderMap;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use super::*;
use crate::content::OtherSpans;
use crate::destination::Destination;
use crate::limits::Limits;
use crate::spool::SpoolSettings;

/// Returns a span of a call, as the processor hands it over.
fn span() -> Arc<SpanData> {
    let spans = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(spans.clone())
        .build();
    provider.tracer("test").start("chat m").end();
    Arc::new(spans.get_finished_spans().unwrap().remove(0))
}

/// Returns a worker that has a spool and does not run.
fn worker(destination: &Destination, folder: &std::path::Path) -> (Worker, Arc<Queue>) {
    let limits = Limits::default();
    let queue = Arc::new(Queue::new(limits, false));
    let disk = Disk::new(
        SpoolSettings::new(folder),
        folder.join("one"),
        destination.description(),
    );
    let worker = Worker::new(
        destination.to_string(),
        Arc::clone(&queue),
        Arc::default(),
        Protocol::of(
            destination,
            &"acme/chatbot/logs".parse().unwrap(),
            &OtherSpans::default(),
        ),
        Some(Transport::new(destination).unwrap()),
        Pending::new(limits, Some(disk)),
    );
    (worker, queue)
}

/// The log of this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn lines(&self) -> Vec<String> {
        let log = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        log.lines().map(str::to_owned).collect()
    }
}

fn answer(status: u16) -> Result<Answer, reqwest::Error> {
    Ok(Answer {
        status,
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"{}"),
    })
}

/// How often the hour is flushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flushed {
    Never,
    /// Every second.
    Often,
}

/// The seconds at which the destination was asked, and the seconds and lines of the log.
struct Hour {
    asked: Vec<u64>,
    logged: Vec<(u64, String)>,
}

/// Simulates an hour with a call every second, at a destination that answers `status` at once.
async fn an_hour(worker: &mut Worker, queue: &Queue, status: u16, flushed: Flushed) -> Hour {
    let log = Log::default();
    let kept = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_writer(move || kept.clone())
        .finish();
    let _listening = tracing::subscriber::set_default(subscriber);
    let span = span();
    let (mut asked, mut logged) = (Vec::new(), Vec::new());
    for second in 0..3_600 {
        queue.push(Arc::clone(&span), 1_000);
        if second == 0 || flushed == Flushed::Often {
            queue.request_flush();
        }
        let (control, _) = worker.drain_queue();
        while let Some((batch, _never_sent)) = worker.next(control) {
            asked.push(second);
            worker.on_response(batch, answer(status), control.closed);
        }
        worker.publish(None);
        logged.extend(log.lines().drain(logged.len()..).map(|line| (second, line)));
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    Hour { asked, logged }
}

/// Returns each destination over HTTP with each kind of refusal and the reason to expect.
fn refusals() -> Vec<(Destination, u16, &'static str)> {
    let destinations = [
        Destination::wandb("https://collector.test"),
        #[cfg(feature = "otlp")]
        Destination::otlp_http("https://collector.test"),
        #[cfg(feature = "otlp")]
        Destination::otlp_grpc("https://collector.test"),
    ];
    let statuses = [(401, "the key"), (403, "the key"), (407, "the proxy")];
    let each = |destination: Result<Destination, _>| {
        let destination: Destination = Result::unwrap(destination);
        statuses.map(|(status, why)| (destination.clone(), status, why))
    };
    destinations.into_iter().flat_map(each).collect()
}

#[tokio::test(start_paused = true)]
async fn who_is_refused_asks_once_a_minute_says_so_once_a_minute_and_keeps_everything() {
    for (destination, status, why) in refusals() {
        let folder = tempfile::tempdir().unwrap();
        let (mut worker, queue) = worker(&destination, folder.path());
        let hour = an_hour(&mut worker, &queue, status, Flushed::Never).await;
        let minutes: Vec<u64> = (0..60).map(|minute| 60 * minute).collect();
        assert_eq!(hour.asked, minutes, "{destination} {status}");
        let logged: Vec<u64> = hour.logged.iter().map(|(second, _)| *second).collect();
        assert_eq!(logged, minutes, "{destination} {status}");
        assert!(hour.logged.iter().all(|(_, line)| line.contains(why)));
        let receipt = queue.account();
        let kept = receipt.spooled + receipt.queued;
        assert_eq!((receipt.received, kept), (3_600, 3_600), "{receipt}");
    }
}

#[tokio::test(start_paused = true)]
async fn flushing_all_the_time_makes_that_twice_a_minute_at_most() {
    for (destination, status, _) in refusals() {
        let folder = tempfile::tempdir().unwrap();
        let (mut worker, queue) = worker(&destination, folder.path());
        let hour = an_hour(&mut worker, &queue, status, Flushed::Often).await;
        // One try on its own, and one that a flush requested.
        let pairs = (0..60).flat_map(|it| [61 * it, 61 * it + 1]);
        let asked: Vec<u64> = pairs.filter(|second| *second < 3_600).collect();
        assert_eq!(hour.asked, asked, "{destination} {status}");
        assert_eq!(hour.logged.len(), 60);
        let apart = hour.logged.windows(2).map(|two| two[1].0 - two[0].0);
        assert!(apart.into_iter().all(|seconds| seconds >= 60));
        let receipt = queue.account();
        assert_eq!(
            (receipt.received, receipt.spooled),
            (3_600, 3_600),
            "{receipt}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_let_in_again_is_sent_everything() {
    let destination = Destination::spanloom("http://collector.test").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut worker, queue) = worker(&destination, folder.path());
    let refused = an_hour(&mut worker, &queue, 401, Flushed::Never).await;
    assert_eq!(refused.logged.len(), 60);
    let granted = an_hour(&mut worker, &queue, 200, Flushed::Often).await;
    assert!(
        granted
            .logged
            .iter()
            .all(|(_, line)| line.contains("delivered again"))
    );
    let receipt = queue.account();
    assert!(
        receipt.is_complete() && receipt.received == 7_200,
        "{receipt}"
    );
}

/// A server that errs for a moment need not cost a minute.
#[tokio::test(start_paused = true)]
async fn the_first_flush_after_a_refusal_asks_again() {
    let destination = Destination::spanloom("http://collector.test").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut worker, queue) = worker(&destination, folder.path());
    queue.push(span(), 1_000);
    for status in [401, 200] {
        queue.request_flush();
        let (control, _) = worker.drain_queue();
        let (batch, _never_sent) = worker.next(control).unwrap();
        worker.on_response(batch, answer(status), control.closed);
        worker.publish(None);
    }
    assert!(queue.account().is_complete(), "{}", queue.account());
}

/// Nothing listens at this port.
const CLOSED: &str = "127.0.0.1:1";

/// Sends a request in real time.
fn send_for_real(sending: Sending) -> Result<Answer, reqwest::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let thread = std::thread::spawn(move || runtime.block_on(sending));
    thread.join().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_is_back_is_sent_to_within_five_seconds() {
    const STEP: Duration = Duration::from_millis(100);
    const AWAY: Duration = Duration::from_secs(60);
    const SOON: Duration = Duration::from_secs(5);
    let destination = Destination::spanloom(&format!("http://{CLOSED}")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut worker, queue) = worker(&destination, folder.path());
    for round in 1..=5 {
        queue.push(span(), 1_000);
        queue.request_flush();
        let back = Instant::now() + AWAY;
        while queue.account().delivered < round {
            let now = Instant::now();
            assert!(now <= back + SOON, "round {round}: {}", queue.account());
            let (control, _) = worker.drain_queue();
            if let Some((batch, sending)) = worker.next(control) {
                let outcome = if now < back {
                    send_for_real(sending)
                } else {
                    answer(200)
                };
                worker.on_response(batch, outcome, control.closed);
                worker.publish(None);
            }
            tokio::time::advance(STEP).await;
        }
    }
    assert!(queue.account().is_complete(), "{}", queue.account());
}

/// Returns why a request to this address was not decided on.
async fn trouble(url: &str) -> SendFailure {
    let destination = Destination::spanloom(url).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut worker, queue) = worker(&destination, folder.path());
    queue.push(span(), 1_000);
    queue.request_flush();
    let (control, _) = worker.drain_queue();
    let (_, sending) = worker.next(control).unwrap();
    let error = sending.await.unwrap_err();
    SendFailure::of(&error, destination.why(&error))
}

#[tokio::test]
async fn a_connection_that_was_made_is_told_from_one_that_was_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let odd = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            // Neither TLS nor HTTP.
            drop(stream.write_all(b"at your service\r\n").await);
        }
    });
    for scheme in ["http", "https"] {
        let url = format!("{scheme}://{CLOSED}");
        assert_eq!(trouble(&url).await, SendFailure::Unreachable, "{url}");
        let url = format!("{scheme}://{odd}");
        assert_eq!(trouble(&url).await, SendFailure::Connection, "{url}");
    }
    // No name has such a long label: no server is asked for it.
    let nameless = format!("http://{}.test", "x".repeat(64));
    assert_eq!(trouble(&nameless).await, SendFailure::Unreachable);
}

/// A machine that is down does not answer connection requests. Linux does the same for a listener with a full queue.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_machine_that_does_not_answer_is_unreachable() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    // As many connections as it takes until one waits.
    for _ in 0..64 {
        let connect = tokio::net::TcpStream::connect(address);
        match tokio::time::timeout(Duration::from_millis(100), connect).await {
            Ok(connected) => waiting.push(connected.unwrap()),
            Err(_) => break,
        }
    }
    assert!(waiting.len() < 64, "the queue is never full");
    assert_eq!(
        trouble(&format!("http://{address}")).await,
        SendFailure::Unreachable
    );
}
