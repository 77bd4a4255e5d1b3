//! CPU time of the whole process, all threads: the cost of a call to the machine.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::join_all;
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::Runtime;

fn clock(id: ClockId) -> Duration {
    let time = clock_gettime(id);
    Duration::new(
        time.tv_sec.try_into().unwrap(),
        time.tv_nsec.try_into().unwrap(),
    )
}

/// Returns nanoseconds of CPU time per call, for `rounds` times `concurrency` calls and the `settle` after them.
pub(crate) fn cpu(
    runtime: &Runtime,
    rounds: usize,
    concurrency: usize,
    one: impl AsyncFn(),
    settle: impl Fn() -> Duration,
) -> f64 {
    let begun = clock(ClockId::ProcessCPUTime);
    runtime.block_on(async {
        for _ in 0..rounds {
            join_all((0..concurrency).map(|_| one())).await;
        }
    });
    let elsewhere = settle();
    let taken = clock(ClockId::ProcessCPUTime) - begun - elsewhere;
    taken.as_secs_f64() * 1e9 / f64::from(u32::try_from(rounds * concurrency).unwrap())
}

/// Answers every request with a 200 and an empty message, and measures its CPU time, which is not the client's.
pub(crate) struct Sink {
    pub(crate) address: String,
    nanos: Arc<AtomicU64>,
}

impl Sink {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let nanos = Arc::<AtomicU64>::default();
        let spent = Arc::clone(&nanos);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let spent = Arc::clone(&spent);
                std::thread::spawn(move || answer(connection.unwrap(), &spent));
            }
        });
        Self { address, nanos }
    }

    /// Returns the CPU time since the previous call.
    pub(crate) fn cpu(&self) -> Duration {
        Duration::from_nanos(self.nanos.swap(0, Ordering::AcqRel))
    }
}

fn answer(connection: TcpStream, spent: &AtomicU64) {
    let mut writer = connection.try_clone().unwrap();
    let mut reader = BufReader::new(connection);
    let mut before = Duration::ZERO;
    loop {
        let (mut length, mut line) = (0, String::new());
        let mut is_json = false;
        while reader.read_line(&mut line).unwrap_or(0) > 2 {
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
            is_json |= lower.starts_with("content-type: application/json");
            line.clear();
        }
        if line.is_empty() {
            return;
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let answer = match is_json {
            true => {
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
            }
            false => {
                "HTTP/1.1 200 OK\r\ncontent-type: application/x-protobuf\r\ncontent-length: 0\r\n\r\n"
            }
        };
        let now = clock(ClockId::ThreadCPUTime);
        spent.fetch_add(
            u64::try_from((now - before).as_nanos()).unwrap(),
            Ordering::AcqRel,
        );
        before = now;
        writer.write_all(answer.as_bytes()).unwrap();
    }
}
