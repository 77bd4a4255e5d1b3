//! Full disks, folders that cannot be written, and damaged spools.

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

/// Not a test: a process with a full disk, started by a test.
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

/// Runs the child `name` for a folder where a separate file system is mounted with `options`, in a mount namespace; if
/// that is not allowed, after `otherwise`, a shell command with much the same effect.
pub(crate) fn on_a_disk(name: &str, folder: &Path, options: &str, otherwise: &str) -> String {
    let told = folder.display().to_string();
    let run = format!("exec \"$0\" --exact {name} --nocapture --test-threads=1");
    let mounted = format!("mount -t tmpfs -o {options} tmpfs {told} && {run}");
    let command = |before: &[&str], script: &str| {
        let command = [before, &["sh", "-c", script]].concat();
        let (program, arguments) = command.split_first().unwrap();
        let output = Command::new(program)
            .args(arguments)
            .arg(std::env::current_exe().unwrap())
            .env(TASK, &told)
            .output();
        output.map(|output| {
            let said = [output.stdout, output.stderr].concat();
            String::from_utf8_lossy(&said).into_owned()
        })
    };
    let namespace = ["unshare", "--user", "--map-root-user", "--mount"];
    match command(&namespace, &mounted) {
        Ok(said) if !said.contains("unshare:") && !said.contains("mount:") => said,
        _ => command(&[], &format!("{otherwise} && {run}")).unwrap(),
    }
}

#[test]
fn a_full_disk_stops_nobody_and_its_loss_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    // No file may be larger than 2 MiB, and writing more is an error.
    let otherwise = "trap '' XFSZ && ulimit -f 4096";
    let name = "disk::spans_for_a_full_disk";
    let said = on_a_disk(name, folder.path(), "size=2m", otherwise);
    assert!(said.contains("survived"), "{said}");
}

/// Not a test: a process whose spool cannot be written.
#[test]
fn spans_for_a_folder_that_cannot_be_written() {
    let Some(told) = told() else {
        return;
    };
    let [folder] = told.as_slice() else {
        panic!("told {told:?}");
    };
    let sink = Sink::start_on_thread().unwrap();
    let subject = subject(&sink, Path::new(folder));
    block_on(sink.stop());
    subject.spans(100);
    let account = subject.exporter.flush(Duration::from_millis(500));
    assert!(
        account.is_conserved() && (account.spooled, account.queued) == (0, 100),
        "{account}"
    );
    block_on(sink.restart()).unwrap();
    let account = subject.exporter.shutdown(PATIENCE);
    assert_eq!(account.delivered, 100, "{account}");
    say("survived");
}

#[test]
fn a_folder_that_cannot_be_written_loses_nothing_while_memory_lasts() {
    let folder = tempfile::tempdir().unwrap();
    let name = "disk::spans_for_a_folder_that_cannot_be_written";
    // A file in place of the folder.
    let otherwise = format!("rmdir {0} && touch {0}", folder.path().display());
    let said = on_a_disk(name, folder.path(), "ro", &otherwise);
    assert!(said.contains("survived"), "{said}");
}

#[test]
fn a_damaged_spool_is_said_and_the_next_start_works() {
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::start_on_thread().unwrap();
    let first = subject(&sink, folder.path());
    block_on(sink.stop());
    first.spans(20);
    assert_eq!(first.exporter.shutdown(PATIENCE).spooled, 20);
    // Every segment is damaged in the middle of its eleventh record, because all records are of similar length.
    let mut damaged = 0;
    for destination in fs::read_dir(folder.path()).unwrap().flatten() {
        for owner in fs::read_dir(destination.path()).unwrap().flatten() {
            for file in fs::read_dir(owner.path()).into_iter().flatten().flatten() {
                if file.path().extension().is_some_and(|it| it == "seg") {
                    let mut bytes = fs::read(file.path()).unwrap();
                    let middle = bytes.len() * 21 / 40;
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
    // One record was damaged.
    assert_eq!(arrived(&sink).len(), 19 + 3);
}
