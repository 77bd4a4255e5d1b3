use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use proptest::prelude::*;

use super::*;

fn settings(folder: &Path) -> SpoolSettings {
    SpoolSettings::new(folder)
}

fn open(folder: &Path) -> (Spool, u64) {
    Spool::open(folder, &settings(folder)).unwrap()
}

fn write(spool: &mut Spool, records: std::ops::Range<u32>, taken: bool) -> Vec<FrameId> {
    let bodies: Vec<String> = records
        .map(|number| format!("{{\"record\":{number}}}"))
        .collect();
    let records = bodies
        .iter()
        .map(|body| (&b"acme/chatbot"[..], body.as_bytes()));
    let frames = spool.append(records).unwrap();
    if !taken {
        release(spool, &frames);
    }
    frames
}

fn release(spool: &mut Spool, frames: &[FrameId]) {
    frames.iter().for_each(|frame| spool.release(*frame));
}

fn frames(taken: &[(FrameId, Stored)]) -> Vec<FrameId> {
    taken.iter().map(|(frame, _)| *frame).collect()
}

fn numbers(taken: &[(FrameId, Stored)]) -> Vec<u32> {
    let number = |(_, stored): &(FrameId, Stored)| {
        let text = std::str::from_utf8(&stored.body).unwrap();
        text[10..text.len() - 1].parse().unwrap()
    };
    taken.iter().map(number).collect()
}

fn all(spool: &mut Spool) -> Vec<u32> {
    let mut found = Vec::new();
    loop {
        let taken = spool.take(3, 1 << 20);
        if taken.is_empty() {
            return found;
        }
        found.extend(numbers(&taken));
    }
}

fn only_segment(folder: &Path) -> PathBuf {
    let entries = |folder: &Path| {
        fs::read_dir(folder)
            .unwrap()
            .flatten()
            .map(|entry| entry.path())
    };
    let owner = entries(folder).find(|path| path.is_dir()).unwrap();
    let is_segment = |path: &PathBuf| path.extension().is_some_and(|it| it == "seg");
    entries(&owner).find(is_segment).unwrap()
}

/// Returns bytes that do not compress.
fn noise(bytes: u64) -> Vec<u8> {
    let mut noise = 1_u64;
    (0..bytes)
        .map(|_| {
            noise = noise
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (noise >> 56) as u8
        })
        .collect()
}

/// Sets back the times of all files below `path` by eight days.
fn set_back(path: &Path) {
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap().flatten();
        entries.for_each(|entry| set_back(&entry.path()));
        return;
    }
    let file = fs::File::options().write(true).open(path).unwrap();
    let old = SystemTime::now() - Duration::from_secs(8 * 24 * 3_600);
    file.set_modified(old).unwrap();
}

#[test]
fn what_is_written_is_taken_in_order_until_it_is_settled() {
    let root = tempfile::tempdir().unwrap();
    let (mut spool, found) = open(root.path());
    assert_eq!(found, 0);
    write(&mut spool, 0..5, false);
    let first = spool.take(2, 1 << 20);
    assert_eq!(numbers(&first), [0, 1]);
    assert_eq!((spool.waiting(), spool.open_frames()), (3, 5));
    release(&mut spool, &frames(&first));
    let again = spool.take(3, 1 << 20);
    assert_eq!(numbers(&again), [0, 1, 2]);
    spool.settle(&frames(&again));
    assert_eq!((spool.waiting(), spool.open_frames()), (2, 2));
    assert_eq!(all(&mut spool), [3, 4]);
}

#[test]
fn what_is_in_memory_too_is_not_taken() {
    let root = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(root.path());
    let frames = write(&mut spool, 0..3, true);
    write(&mut spool, 3..5, false);
    assert_eq!(all(&mut spool), [3, 4]);
    release(&mut spool, &frames);
    assert_eq!(all(&mut spool), [0, 1, 2]);
}

#[test]
fn the_next_process_finds_what_was_not_settled() {
    let root = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(root.path());
    let frames = write(&mut spool, 0..5, true);
    spool.settle(&frames[1..3]);
    drop(spool);
    let (mut spool, found) = open(root.path());
    assert_eq!((found, all(&mut spool)), (3, vec![0, 3, 4]));
    assert_eq!(spool.losses(), Losses::default());
}

#[test]
fn nothing_is_left_of_a_spool_that_was_sent() {
    let root = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(root.path());
    let frames = write(&mut spool, 0..5, true);
    spool.settle(&frames);
    drop(spool);
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}

#[test]
fn large_records_come_one_by_one() {
    let root = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(root.path());
    let body = [b'x'; 5_000];
    let written = spool
        .append([(&b"r"[..], &body[..]), (b"r", &body)])
        .unwrap();
    release(&mut spool, &written);
    assert_eq!(spool.take(9, 100).len(), 1);
    assert_eq!(spool.take(9, 100).len(), 1);
}

#[test]
fn beyond_its_bytes_the_oldest_go_and_are_counted() {
    let root = tempfile::tempdir().unwrap();
    let mut settings = settings(root.path());
    settings.bytes = 2 * SEGMENT_BYTES;
    let (mut spool, _) = Spool::open(root.path(), &settings).unwrap();
    let body = noise(1 << 20);
    for _ in 0..30 {
        let written = spool.append([(&b"r"[..], body.as_slice())]).unwrap();
        release(&mut spool, &written);
    }
    let lost = spool.losses();
    assert!(lost.full > 0 && lost.corrupt == 0, "{lost:?}");
    assert_eq!(spool.waiting() + lost.full, 30);
    let bytes: u64 = spool.segments.values().map(Segment::bytes).sum();
    assert!(bytes <= settings.bytes + SEGMENT_BYTES, "{bytes}");
}

#[test]
fn what_has_waited_too_long_goes_and_is_counted() {
    let root = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(root.path());
    let full = noise(SEGMENT_BYTES);
    let written = spool.append([(&b"r"[..], full.as_slice())]).unwrap();
    release(&mut spool, &written);
    // The file's own time does not affect the next append.
    set_back(root.path());
    write(&mut spool, 0..3, false);
    assert_eq!((spool.segments.len(), spool.waiting()), (2, 4));
    let (now, (_, age)) = (Instant::now(), spool.limits);
    spool.sweep_at(now + age - Duration::from_secs(60));
    assert_eq!((spool.losses(), spool.waiting()), (Losses::default(), 4));
    spool.sweep_at(now + age + Duration::from_secs(1));
    assert_eq!((spool.losses().expired, spool.waiting()), (4, 0));
}

/// A clock that is days ahead makes files from a minute ago look old.
#[test]
fn a_start_drops_nothing_for_its_age() {
    let root = tempfile::tempdir().unwrap();
    let (mut one, _) = open(root.path());
    let (mut other, _) = open(root.path());
    write(&mut one, 0..4, false);
    write(&mut other, 4..6, false);
    drop((one, other));
    set_back(root.path());
    let mut settings = settings(root.path());
    for age in [settings.age, Duration::ZERO] {
        settings.age = age;
        let (mut spool, found) = Spool::open(root.path(), &settings).unwrap();
        let left = (spool.segments.len(), spool.waiting());
        assert_eq!((found, left), (6, (2, 6)), "{age:?}");
        assert_eq!(spool.losses(), Losses::default(), "{age:?}");
    }
}

#[test]
fn what_is_damaged_or_was_refused_is_kept_however_old_it_is() {
    let root = tempfile::tempdir().unwrap();
    let owner = root.path().join("1-dead");
    fs::create_dir(&owner).unwrap();
    fs::write(owner.join("0000000001.seg"), "not a segment at all").unwrap();
    drop(open(root.path()));
    let refused = Stored {
        route: "acme/chatbot".into(),
        body: "{}".into(),
    };
    rejected::write(root.path(), &[&refused], "422").unwrap();
    set_back(root.path());
    drop(open(root.path()));
    let damaged = fs::read_dir(root.path().join("damaged")).unwrap();
    assert_eq!((damaged.count(), rejected::count(root.path())), (1, 1));
}

#[test]
fn any_byte_that_is_wrong_costs_at_most_its_own_record() {
    let root = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(root.path());
    write(&mut spool, 0..8, false);
    let good = fs::read(only_segment(root.path())).unwrap();
    for index in 0..good.len() {
        let root = tempfile::tempdir().unwrap();
        let owner = root.path().join("1-dead");
        fs::create_dir(&owner).unwrap();
        let mut bad = good.clone();
        bad[index] ^= 0x41;
        fs::write(owner.join("0000000001.seg"), bad).unwrap();
        let (mut spool, found) = open(root.path());
        let lost = spool.losses().corrupt;
        let left = all(&mut spool);
        assert!(
            left.len() >= 7 && left.is_sorted(),
            "byte {index}: {left:?}"
        );
        assert_eq!(found, left.len() as u64 + lost, "byte {index}");
    }
}

#[test]
fn a_file_that_was_cut_off_anywhere_loses_its_end() {
    let root = tempfile::tempdir().unwrap();
    let (mut spool, _) = open(root.path());
    write(&mut spool, 0..4, false);
    let good = fs::read(only_segment(root.path())).unwrap();
    for length in 0..good.len() {
        let root = tempfile::tempdir().unwrap();
        let owner = root.path().join("1-dead");
        fs::create_dir(&owner).unwrap();
        fs::write(owner.join("0000000001.seg"), &good[..length]).unwrap();
        let (mut spool, found) = open(root.path());
        assert_eq!(spool.losses().corrupt, 0, "cut at {length}");
        let left = all(&mut spool);
        assert_eq!(found, left.len() as u64);
        let whole = (length.saturating_sub(8)) / ((good.len() - 8) / 4);
        assert_eq!(
            left,
            (0..u32::try_from(whole).unwrap()).collect::<Vec<_>>(),
            "cut at {length}"
        );
        // The spool still works.
        write(&mut spool, 7..8, false);
        assert_eq!(all(&mut spool), [7]);
    }
}

#[test]
fn a_file_of_something_else_is_put_aside() {
    let root = tempfile::tempdir().unwrap();
    let owner = root.path().join("1-dead");
    fs::create_dir(&owner).unwrap();
    fs::write(owner.join("0000000001.seg"), "not a segment at all").unwrap();
    let (mut spool, found) = open(root.path());
    assert_eq!((found, spool.losses().corrupt), (1, 1));
    write(&mut spool, 0..2, false);
    assert_eq!(all(&mut spool), [0, 1]);
}

proptest! {
    #[test]
    fn every_record_is_found_once_whatever_happens_in_between(
        steps in proptest::collection::vec(0_u8..6, 1..60),
    ) {
        let root = tempfile::tempdir().unwrap();
        let (mut spool, _) = open(root.path());
        let (mut written, mut settled) = (0_u32, Vec::new());
        let mut taken: Vec<(FrameId, Stored)> = Vec::new();
        for step in steps {
            match step {
                0 | 1 => {
                    write(&mut spool, written..written + 3, false);
                    written += 3;
                }
                2 => taken.extend(spool.take(2, 1 << 20)),
                3 => {
                    settled.extend(numbers(&taken));
                    spool.settle(&frames(&taken));
                    taken.clear();
                }
                4 => {
                    release(&mut spool, &frames(&taken));
                    taken.clear();
                }
                _ => {
                    taken.clear();
                    drop(spool);
                    spool = open(root.path()).0;
                }
            }
        }
        release(&mut spool, &frames(&taken));
        let mut found = all(&mut spool);
        found.extend(settled);
        found.sort_unstable();
        prop_assert_eq!(found, (0..written).collect::<Vec<_>>());
    }
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_and_others_lose_their_rights() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (mut spool, _) = open(elsewhere.path());
    write(&mut spool, 0..3, false);
    drop(spool);
    let victim = elsewhere.path().join("victim");
    fs::write(&victim, "").unwrap();
    // What another user left in a folder that was open to all.
    let planted = folder.path().join("1-dead");
    fs::create_dir(&planted).unwrap();
    symlink(
        only_segment(elsewhere.path()),
        planted.join("0000000001.seg"),
    )
    .unwrap();
    symlink(&victim, folder.path().join(rejected::FILE)).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();

    let (mut spool, _) = open(folder.path());
    assert_eq!(all(&mut spool), [0_u32; 0]);
    let stored = Stored {
        route: b"acme/chatbot"[..].into(),
        body: b"{}"[..].into(),
    };
    assert!(rejected::write(folder.path(), &[&stored], "422").is_err());
    assert_eq!(fs::read(&victim).unwrap(), b"");
    let mode = fs::metadata(folder.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}
