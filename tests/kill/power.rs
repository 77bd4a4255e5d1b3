//! Power failures: what a server wrote and did not sync is lost, or any part of it is. What it acknowledged is there.

use std::collections::HashSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use spanloom_server::{Database, Server};

use super::child::{command, say, told};

const FAILURES: u64 = 12;
/// The clients that send at once.
const CLIENTS: usize = 3;
/// The most writes before a failure.
const MOST_WRITES: u64 = 400;
/// The smallest part of a write that a disk writes as a whole.
const SECTOR: usize = 512;

/// A generator of numbers that look random (xorshift64*).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16) % bound
    }
}

/// Not a test: the server whose machine loses power.
#[test]
fn a_server_until_the_power_fails() {
    let Some(told) = told() else {
        return;
    };
    let [database] = told.as_slice() else {
        panic!("told {told:?}");
    };
    serve(database.as_ref(), say, std::future::pending());
}

/// Serves a database in this process.
fn serve(database: &Path, begun: impl FnOnce(&str), end: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let server = Server::builder()
            .with_listen("127.0.0.1:0".parse().unwrap())
            .with_otlp_http(None)
            .with_otlp_grpc(None)
            .with_database(Database::Path(database.to_owned()))
            .bind()
            .await
            .unwrap();
        begun(&server.url());
        server.serve(end).await.unwrap();
    });
}

/// Builds the library that keeps what is not synced.
fn library(folder: &Path) -> PathBuf {
    let library = folder.join("unsynced.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("kill/unsynced.c");
    let built = Command::new("cc")
        .args([
            "-O1", "-Wall", "-Werror", "-shared", "-fPIC", "-pthread", "-o",
        ])
        .args([&library, &source])
        .status()
        .expect("a C compiler, which the database needs as well");
    assert!(built.success());
    library
}

/// A write or a truncation that was not synced.
struct Unsynced {
    offset: usize,
    size_before: usize,
    former: Vec<u8>,
    written: Vec<u8>,
}

/// Reads the journal of a file, and removes it.
fn unsynced(file: &Path) -> Vec<Unsynced> {
    let journal = PathBuf::from(format!("{}.unsynced", file.display()));
    let bytes = std::fs::read(&journal).unwrap_or_default();
    drop(std::fs::remove_file(journal));
    let mut found = Vec::new();
    let mut rest = bytes.as_slice();
    let number = |rest: &mut &[u8]| {
        let (number, after) = rest.split_first_chunk::<8>()?;
        *rest = after;
        usize::try_from(u64::from_ne_bytes(*number)).ok()
    };
    let part = |rest: &mut &[u8], length: usize| {
        let (part, after) = rest.split_at_checked(length)?;
        *rest = after;
        Some(part.to_vec())
    };
    let mut record = || {
        let [offset, size_before, former, written] = [(); 4].map(|()| number(&mut rest));
        Some(Unsynced {
            offset: offset?,
            size_before: size_before?,
            former: part(&mut rest, former?)?,
            written: part(&mut rest, written?)?,
        })
    };
    // The process was killed before the write of a record that is not whole.
    while let Some(record) = record() {
        found.push(record);
    }
    found
}

/// Takes a file back to what was synced, and then makes a part of the writes after that again. Returns whether there were
/// such writes.
fn lose_power(file: &Path, random: &mut Random) -> bool {
    let lost = unsynced(file);
    let Ok(mut bytes) = std::fs::read(file) else {
        return false;
    };
    for write in lost.iter().rev() {
        bytes.resize(write.size_before, 0);
        let end = write.offset + write.former.len();
        if let Some(place) = bytes.get_mut(write.offset..end) {
            place.copy_from_slice(&write.former);
        }
    }
    // None of the writes, all of them, or some.
    let share = random.below(3);
    for write in lost.iter().filter(|write| !write.written.is_empty()) {
        let torn = match (share, random.below(4)) {
            (0, _) | (2, 0) => continue,
            (2, 1) => write.written.len() / SECTOR / 2 * SECTOR,
            _ => write.written.len(),
        };
        let end = write.offset + torn;
        bytes.resize(bytes.len().max(end), 0);
        bytes[write.offset..end].copy_from_slice(&write.written[..torn]);
    }
    std::fs::write(file, bytes).unwrap();
    !lost.is_empty()
}

fn runtime() -> tokio::runtime::Runtime {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap()
}

/// Sends calls with new numbers until the server is gone; adds the acknowledged ones to `stored`.
fn send(url: &str, next: &AtomicUsize, requests: &AtomicUsize, stored: &Mutex<HashSet<usize>>) {
    let client = reqwest::Client::new();
    let call = |number: usize| {
        json!({
            "project_id": "kill/power", "id": number.to_string(), "trace_id": number.to_string(), "op_name": "f",
            "started_at": "2026-11-22T10:00:00Z", "ended_at": "2026-11-22T10:00:01Z", "attributes": {},
            "inputs": {"text": format!("{number} ").repeat(200)}, "output": null, "summary": {},
        })
    };
    runtime().block_on(async {
        loop {
            let count = 1 + requests.load(Ordering::Relaxed) % 7 * 5;
            let first = next.fetch_add(count, Ordering::Relaxed);
            let batch: Vec<Value> = (first..first + count).map(call).collect();
            let request = client
                .post(format!("{url}/v2/kill/power/calls/complete"))
                .json(&json!({"batch": batch}));
            match request.send().await {
                Ok(answer) if answer.status().is_success() => {}
                _ => return,
            }
            stored.lock().unwrap().extend(first..first + count);
            requests.fetch_add(1, Ordering::Relaxed);
        }
    });
}

/// Returns the numbers of the calls that a server on this database shows.
fn shown(database: &Path) -> HashSet<usize> {
    let (say, hear) = std::sync::mpsc::channel();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let path = database.to_owned();
    let server = std::thread::spawn(move || {
        let begun = |url: &str| say.send(url.to_owned()).unwrap();
        serve(&path, begun, async { ended.await.unwrap_or_default() });
    });
    let url = hear.recv().unwrap();
    let client = reqwest::Client::new();
    let text = runtime().block_on(async {
        let request = client
            .post(format!("{url}/calls/stream_query"))
            .json(&json!({"project_id": "kill/power", "columns": ["id", "inputs"]}));
        request.send().await.unwrap().text().await.unwrap()
    });
    drop(end);
    server.join().unwrap();
    let shown = text.lines().map(|line| {
        let call: Value = serde_json::from_str(line).unwrap();
        let number = call["id"].as_str().unwrap();
        let text = call["inputs"]["text"].as_str().unwrap_or_default();
        assert!(text.starts_with(&format!("{number} {number} ")), "{call}");
        number.parse().unwrap()
    });
    shown.collect()
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
#[test]
fn what_was_acknowledged_survives_a_power_failure() {
    let folder = tempfile::tempdir().unwrap();
    let library = library(folder.path());
    let database = folder.path().join("x.db");
    let with = |suffix: &str| PathBuf::from(format!("{}{suffix}", database.display()));
    let (next, stored) = (AtomicUsize::new(0), Mutex::new(HashSet::new()));
    let mut losses = 0;
    for failure in 0..FAILURES {
        let mut random = Random(failure * 2 + 1);
        let writes = 1 + random.below(MOST_WRITES);
        let mut server = command(
            "power::a_server_until_the_power_fails",
            &[database.to_str().unwrap()],
        )
        .env("LD_PRELOAD", &library)
        .env("SPANLOOM_TEST_FILE", &database)
        .env("SPANLOOM_TEST_WRITES", writes.to_string())
        .spawn()
        .unwrap();
        let lines = BufReader::new(server.stdout.take().unwrap()).lines();
        // The name of the test is on the same line. The power may fail before the server serves.
        let url = |line: String| Some(line.get(line.find("http")?..)?.to_owned());
        if let Some(url) = lines.map(Result::unwrap).find_map(url) {
            let requests = AtomicUsize::new(0);
            std::thread::scope(|scope| {
                for _ in 0..CLIENTS {
                    scope.spawn(|| send(&url, &next, &requests, &stored));
                }
            });
        }
        server.wait().unwrap();
        drop(std::fs::remove_file(with("-shm")));
        for file in [with("-wal"), database.clone()] {
            losses += usize::from(lose_power(&file, &mut random));
        }
        let shown = shown(&database);
        let missing: Vec<_> = stored.lock().unwrap().difference(&shown).copied().collect();
        assert!(missing.is_empty(), "failure {failure} lost {missing:?}");
    }
    assert!(losses > 5, "{losses} files had writes that were not synced");
    assert!(stored.lock().unwrap().len() > 500);
}
