//! Disks that are full, folders that cannot be written, and spools that are damaged.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use spanloom_exporter::Limits;
use spanloom_testkit::Sink;

use crate::child::{TASK, say, told};
use crate::subject::{PATIENCE, Spoken, Subject, arrived};

fn subject(sink: &Sink, folder: &Path) -> Subject {
    let mut limits = Limits::default();
    limits.batch_age = Duration::ZERO;
    Subject::new(Spoken::Weave, &sink.url(), limits, Some(folder))
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build().unwrap().block_on(future)
}

/// Not a test: what a process does whose disk is full, which a test makes it have.
#[test]
fn spans_for_a_full_disk() {
    let Some(told) = told() else {
        return;
    };
    let [folder] = told.as_slice() else {
        panic!("told {told:?}");
    };
    let sink = Sink::start_on_thread().unwrap();
    let subject = subject(&sink, Path::new(folder));
    block_on(sink.stop());
    let mut ids = Vec::new();
    for _ in 0..40 {
        ids.extend(subject.spans(1_000));
        let account = subject.exporter.flush(Duration::from_millis(500));
        assert!(account.is_conserved(), "{account:?}");
    }
    let full = subject.exporter.receipt();
    assert!(full.spooled > 0, "something found room: {full}");
    assert!(
        full.queued + full.dropped.queue_full > 0,
        "not everything did: {full}"
    );
    block_on(sink.restart()).unwrap();
    let account = subject.exporter.flush(PATIENCE);
    assert!(
        account.is_conserved() && account.queued + account.spooled == 0,
        "{account:?}"
    );
    assert_eq!(
        account.delivered + account.dropped.total(),
        40_000,
        "{account}"
    );
    let there = arrived(&sink);
    let missing = ids.iter().filter(|id| !there.contains_key(*id)).count();
    assert_eq!(
        u64::try_from(missing).unwrap(),
        account.dropped.total(),
        "{account}"
    );
    say("survived");
}

/// A file system of 2 MiB in a mount namespace of its own; `None` where that is not allowed.
fn on_a_small_disk(folder: &Path) -> Option<String> {
    let told = folder.display().to_string();
    let script = format!(
        "mount -t tmpfs -o size=2m tmpfs {told} && exec \"$0\" --exact disk::spans_for_a_full_disk --nocapture --test-threads=1"
    );
    let output = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", &script])
        .arg(std::env::current_exe().unwrap())
        .env(TASK, &told)
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    if why.contains("unshare:") || why.contains("mount:") {
        eprintln!("skipped: no small file system can be made here: {why}");
        return None;
    }
    Some(said + &why)
}

#[test]
fn a_full_disk_stops_nobody_and_its_loss_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    if let Some(said) = on_a_small_disk(folder.path()) {
        assert!(said.contains("survived"), "{said}");
    }
}

#[test]
fn a_damaged_spool_is_said_and_the_next_start_works() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::start_on_thread().unwrap();
    let first = subject(&sink, folder.path());
    block_on(sink.stop());
    first.spans(20);
    assert_eq!(first.exporter.shutdown(PATIENCE).spooled, 20);
    // Every segment is damaged in its middle.
    let mut damaged = 0;
    for destination in fs::read_dir(folder.path()).unwrap().flatten() {
        for owner in fs::read_dir(destination.path()).unwrap().flatten() {
            for file in fs::read_dir(owner.path()).into_iter().flatten().flatten() {
                if file.path().extension().is_some_and(|it| it == "seg") {
                    let mut bytes = fs::read(file.path()).unwrap();
                    let middle = bytes.len() / 2;
                    bytes.get_mut(middle..middle + 4).unwrap().fill(0);
                    fs::write(file.path(), bytes).unwrap();
                    damaged += 1;
                }
            }
        }
    }
    assert_eq!(damaged, 1);
    block_on(sink.restart()).unwrap();
    for _ in 0..3 {
        let next = subject(&sink, folder.path());
        next.spans(1);
        let account = next.exporter.shutdown(PATIENCE);
        assert!(account.is_conserved(), "{account:?}");
        assert_eq!((account.queued, account.spooled), (0, 0), "{account}");
    }
    // One record was hit.
    assert_eq!(arrived(&sink).len(), 19 + 3);
}
