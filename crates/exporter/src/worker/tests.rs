//! A refused key, over an hour that takes no time.

use std::io;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use opentelemetry::trace::{Span as _, Tracer as _, TracerProvider as _};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use reqwest::header::HeaderMap;

use super::*;
use crate::content::OtherSpans;
use crate::destination::Destination;
use crate::limits::Limits;
use crate::spool::SpoolSettings;

/// A span of a call, as the processor gives it.
fn span() -> Arc<SpanData> {
    let spans = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder()
        .with_simple_exporter(spans.clone())
        .build();
    provider.tracer("test").start("chat m").end();
    Arc::new(spans.get_finished_spans().unwrap().remove(0))
}

/// A worker that nobody runs, with a spool.
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
        destination.protocol(
            &"acme/chatbot/logs".parse().unwrap(),
            &OtherSpans::default(),
        ),
        Some(Transport::new(destination).unwrap()),
        Pending::new(limits, Some(disk)),
    );
    (worker, queue)
}

/// What is logged on this thread.
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

/// An hour in which a call comes and somebody flushes each second, at a destination that answers `status` at once. Says when,
/// in seconds, it was asked.
async fn an_hour(worker: &mut Worker, queue: &Queue, status: u16) -> Vec<u64> {
    let span = span();
    let begun = Instant::now();
    let mut asked = Vec::new();
    for second in 0..3_600 {
        queue.push(Arc::clone(&span), 1_000);
        queue.hurry();
        let (wishes, _) = worker.take_in();
        while let Some((batch, _never_sent)) = worker.next(wishes) {
            asked.push(second);
            worker.answered(batch, answer(status), wishes.closed);
        }
        worker.publish(None);
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert_eq!(begun.elapsed(), Duration::from_secs(3_600));
    asked
}

#[tokio::test(start_paused = true)]
async fn who_is_refused_asks_once_a_minute_says_so_once_a_minute_and_keeps_everything() {
    let destinations = [
        Destination::wandb("https://collector.test"),
        #[cfg(feature = "otlp")]
        Destination::otlp_http("https://collector.test"),
        #[cfg(feature = "otlp")]
        Destination::otlp_grpc("https://collector.test"),
    ];
    for destination in destinations.map(Result::unwrap) {
        for (status, why) in [(401, "the key"), (403, "the key"), (407, "the proxy")] {
            let folder = tempfile::tempdir().unwrap();
            let (mut worker, queue) = worker(&destination, folder.path());
            let log = Log::default();
            let kept = log.clone();
            let subscriber = tracing_subscriber::fmt()
                .with_writer(move || kept.clone())
                .finish();
            let listening = tracing::subscriber::set_default(subscriber);
            let asked = an_hour(&mut worker, &queue, status).await;
            drop(listening);
            let minutes: Vec<u64> = (0..60).map(|minute| 60 * minute).collect();
            assert_eq!(asked, minutes, "{destination} {status}");
            let lines = log.lines();
            assert_eq!(lines.len(), 60, "{destination} {status}: {lines:?}");
            assert!(lines.iter().all(|line| line.contains(why)), "{lines:?}");
            let receipt = queue.receipt();
            assert_eq!(
                (receipt.received, receipt.spooled),
                (3_600, 3_600),
                "{receipt}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_let_in_again_is_sent_everything() {
    let destination = Destination::spanloom("http://collector.test").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (mut worker, queue) = worker(&destination, folder.path());
    an_hour(&mut worker, &queue, 401).await;
    let (wishes, _) = worker.take_in();
    while let Some((batch, _never_sent)) = worker.next(wishes) {
        worker.answered(batch, answer(200), wishes.closed);
    }
    worker.publish(None);
    let receipt = queue.receipt();
    assert!(
        receipt.is_complete() && receipt.received == 3_600,
        "{receipt}"
    );
}
