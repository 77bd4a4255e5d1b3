//! Histories of a store: writes, parts in any order, restarts, crashes, a full disk, removals. After each step the store is
//! what a plain list of calls is. `SPANLOOM_SEED=N` runs one history, `SPANLOOM_SEEDS=N` that many.

mod model;
mod sent;

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;

use self::model::Model;
use self::sent::{Part, end, id, record, span, time, tokens};
use super::batch::Batch;
use super::frame::Payloads;
use super::memory::{Memory, Published};
use super::question::{By, Dimension, Filter, Until, Which, breakdown};
use super::repeats::{self, Repeats};
use super::retention::Retention;
use super::segments::Saved;
use super::transaction::Transaction;
use super::{Code, Id, Row, Status, schema, unused};

/// The histories of a run of the tests; `.ci/run` has a thousand.
const SEEDS: u64 = 100;
const STEPS: u64 = 20;
const PROJECT: &str = "e/p";
/// Nanoseconds since the epoch.
const BEGIN: i64 = 1_795_341_600_000_000_000;

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

/// A store that is open, without its threads.
struct Opened {
    path: PathBuf,
    transaction: Transaction,
    published: Arc<Published>,
}

impl Opened {
    fn of(path: &Path) -> Self {
        let connection = schema::open(path).unwrap();
        // A crash here is a copy of the file, which sees what was written, on disk or not.
        connection
            .pragma_update(None, "synchronous", "OFF")
            .unwrap();
        let mut memory = Memory::new(schema::load_texts(&connection).unwrap());
        let saved = Saved::load(&connection, &mut memory).unwrap();
        let unused = unused::remove(&connection, &memory).unwrap();
        memory.dictionary.forget(&unused);
        let published = Arc::new(Published::new(memory));
        let transaction = Transaction::new(connection, Arc::clone(&published), saved).unwrap();
        Self {
            path: path.to_owned(),
            transaction,
            published,
        }
    }

    /// Ends the store as a killed process does: what was committed is in the file and its log, and nothing else is.
    fn crash(self, to: &Path, random: &mut Random) -> Self {
        let log = |path: &Path| PathBuf::from(format!("{}-wal", path.display()));
        std::fs::copy(&self.path, to).unwrap();
        let mut written = std::fs::read(log(&self.path)).unwrap_or_default();
        // The next transaction had begun to be written.
        written.extend((0..random.below(6_000)).map(|_| random.below(256).to_le_bytes()[0]));
        std::fs::write(log(to), written).unwrap();
        Self::of(to)
    }

    fn restart(self) -> Self {
        let path = self.path;
        self.transaction.close().unwrap();
        Self::of(&path)
    }

    /// Deletes some calls; nothing of them is left in the file.
    fn delete(&mut self, model: &mut Model, random: &mut Random) {
        let few = random.below(20) + 1;
        let live: Vec<(usize, u64)> = model.live().map(|(place, call)| (place, call.n)).collect();
        let is_chosen = |_: &&(usize, u64)| random.below(few) == 0;
        let chosen: Vec<(usize, u64)> = live.iter().filter(is_chosen).copied().collect();
        let places: Vec<usize> = chosen.iter().map(|(place, _)| *place).collect();
        let before = referred(&self.reader());
        let plan = self.published.get().plan_deletion(&places);
        let mut deleted = 0;
        for step in &plan.steps {
            deleted += self.transaction.delete(step, &plan).unwrap();
        }
        assert_eq!(deleted, places.len());
        self.transaction.tidy().unwrap();
        let reader = self.reader();
        let contents = contents(&reader);
        // A frame stays whole while it has calls that are kept.
        let removed: HashSet<u64> = model
            .calls
            .iter()
            .take(model.first)
            .map(|call| call.n)
            .collect();
        for (place, n) in chosen {
            model.delete(place);
            if removed.contains(&n) {
                continue;
            }
            for text in [format!("\"question {n}\""), format!("\"answer {n}\"")] {
                assert!(!contents.contains(&text), "{text} is left");
            }
        }
        let referred = referred(&reader);
        for number in before.difference(&referred) {
            assert_eq!(repeats::read(&reader, *number).unwrap(), None);
        }
        for number in referred {
            assert!(repeats::read(&reader, number).unwrap().is_some());
        }
        // The names of calls that were removed for their age go with their segment.
        let removed = model.calls.iter().take(model.first);
        let used = removed.chain(model.live().map(|(_, call)| call));
        let used: Vec<u64> = used.map(|call| call.n).collect();
        let styles: HashSet<u64> = used.iter().map(|n| n % 5).collect();
        let mut select = reader.prepare("SELECT number FROM text").unwrap();
        let numbers = select.query_map([], |row| row.get(0)).unwrap();
        for number in numbers {
            let text = repeats::read(&reader, number.unwrap()).unwrap().unwrap();
            let is_used = |style: &u64| text.contains(&format!("style {style}. "));
            assert!(styles.iter().any(is_used), "{text} is left");
        }
        let used: HashSet<String> = used.into_iter().map(sent::tenant).collect();
        let tenants = "SELECT text FROM dict WHERE text LIKE 'tenant-%'";
        for tenant in texts(&reader, tenants) {
            assert!(used.contains(&tenant), "{tenant} is left");
        }
    }

    fn reader(&self) -> Connection {
        schema::open_reader(&self.path).unwrap()
    }

    /// Compares the store with the model.
    fn check(&self, model: &Model, random: &mut Random) {
        let memory = self.published.get();
        assert_eq!(memory.rows.len(), model.calls.len());
        assert_eq!(memory.rows.first(), model.first);
        let Some(project) = memory.dictionary.code(PROJECT) else {
            assert_eq!(model.live().count(), 0);
            return;
        };
        let holes = memory.rows.count_holes(Row::DELETED);
        let deleted = model.calls.iter().skip(model.first);
        assert_eq!(holes, deleted.filter(|call| call.deleted).count());
        assert_eq!(memory.rows.count_holes(Row::LOST), 0);
        for (place, call) in model.live() {
            if model.places.get(&call.n) != Some(&place) {
                continue;
            }
            assert_eq!(memory.find(project, &Id::new(&id(call.n))), Some(place));
            let row = memory.rows.get(place).unwrap();
            assert_eq!(row.started_at, time(call.n, 0).as_nanos());
            assert_eq!(
                row.status == Status::Running,
                !call.ended,
                "call {} at {place}",
                call.n
            );
            assert_eq!(row.input_tokens, call.ended.then(|| tokens(call.n)));
            let tenant = memory
                .dictionary
                .code("tenant")
                .and_then(|path| row.attribute(path));
            let tenant = tenant.map(|code| memory.dictionary.text(code));
            assert_eq!(tenant, Some(sent::tenant(call.n).as_str()));
            if random.below(16) == 0 {
                let record = self
                    .transaction
                    .read((row.frame, row.slot))
                    .unwrap()
                    .unwrap();
                assert_eq!(record.inputs, sent::record(call.n, false).inputs);
                assert_eq!(record.output.is_some(), call.ended);
            }
        }
        check_sums(&memory, project, model);
    }
}

/// Compares the sums of a project with those of the model.
fn check_sums(memory: &Memory, project: Code, model: &Model) {
    let filter = Filter::default().with_one_of(Dimension::Project, vec![Some(project)]);
    let by = By {
        groups: [Some(Dimension::Status), None],
        which: Which::Largest(2),
        starts: (0, i64::MAX - 1),
        most_bins: 1,
        with_times: true,
    };
    let (until, _client) = Until::start();
    let found = breakdown(&memory.rows, &filter, by, Ord::cmp, &until)
        .unwrap()
        .all
        .all;
    let ended = model.live().filter(|(_, call)| call.ended);
    let sum: i64 = ended.map(|(_, call)| tokens(call.n)).sum();
    assert_eq!(found.calls, model.live().count() as u64);
    assert_eq!(found.input_tokens.total().unwrap_or(0), sum);
    assert_eq!(
        found.running,
        model.live().filter(|(_, call)| !call.ended).count() as u64
    );
}

fn texts(reader: &Connection, select: &str) -> Vec<String> {
    let mut select = reader.prepare(select).unwrap();
    let texts = select.query_map([], |row| row.get(0)).unwrap();
    texts.map(Result::unwrap).collect()
}

fn frames(reader: &Connection) -> Vec<Payloads> {
    let mut select = reader.prepare("SELECT data FROM payload").unwrap();
    let frames = select
        .query_map([], |row| row.get::<_, Vec<u8>>(0))
        .unwrap();
    let unpack = |data: rusqlite::Result<Vec<u8>>| Payloads::unpack(&data.unwrap()).unwrap();
    frames.map(unpack).collect()
}

/// Returns the numbers of the texts to which payloads refer.
fn referred(reader: &Connection) -> BTreeSet<i64> {
    let frames = frames(reader);
    let payloads = frames.iter().flat_map(Payloads::all);
    payloads.flat_map(repeats::numbers).collect()
}

/// Returns all contents in the file.
fn contents(reader: &Connection) -> String {
    let frames = frames(reader);
    let payloads = frames.iter().flat_map(Payloads::all).map(str::to_owned);
    let ends = texts(reader, "SELECT part FROM call_end");
    payloads.chain(ends).collect::<Vec<_>>().join("\n")
}

/// Returns the parts of one batch: of new calls, of known ones, and ends that are early or late.
fn parts(random: &mut Random, next: &mut u64) -> Vec<Part> {
    let most = if random.below(4) == 0 { 60 } else { 8 };
    (0..=random.below(most))
        .map(|_| {
            let known = random.below((*next).max(1));
            match random.below(10) {
                0 => Part::End(known),
                1 => Part::Whole(known),
                2 => Part::Start(known),
                3 => Part::End(*next + random.below(20)),
                kind => {
                    *next += 1;
                    match kind {
                        4 | 5 => Part::Start(*next - 1),
                        _ => Part::Whole(*next - 1),
                    }
                }
            }
        })
        .collect()
}

/// Returns the parts in the order in which a batch applies them: the calls, each at its first place, then the ends.
fn batch(parts: &[Part], repeats: &Repeats) -> (Batch, Vec<Part>) {
    let is_end = |part: &&Part| matches!(part, Part::End(_));
    let (ends, starts): (Vec<&Part>, Vec<&Part>) = parts.iter().partition(is_end);
    let calls = starts.iter().map(|part| match part {
        Part::Start(n) => record(*n, false).into(),
        Part::Whole(n) if n % 2 == 1 => span(*n),
        Part::Whole(n) | Part::End(n) => record(*n, true).into(),
    });
    let sent = ends.iter().filter_map(|part| match part {
        Part::End(n) => Some(end(*n)),
        _ => None,
    });
    let batch = Batch::prepare(calls.collect(), sent.collect(), repeats).unwrap();
    let order = starts.into_iter().chain(ends).copied().collect();
    (batch, order)
}

fn history(seed: u64) {
    let mut random = Random(seed * 2 + 1);
    let folder = tempfile::tempdir().unwrap();
    let mut store = Opened::of(&folder.path().join("0.db"));
    let (mut model, mut next) = (Model::default(), 0);
    for step in 1..=STEPS {
        match random.below(14) {
            12 => store.delete(&mut model, &mut random),
            0 => store = store.restart(),
            1 => store = store.crash(&folder.path().join(format!("{step}.db")), &mut random),
            2 => {
                // The disk is full: unless removed calls have left room, the batch is refused as a whole.
                let (batch, parts) =
                    batch(&parts(&mut random, &mut next), store.transaction.repeats());
                if store.transaction.commit_on_full_disk(&[&batch]).is_ok() {
                    parts.into_iter().for_each(|part| model.apply(part));
                }
            }
            3 => {
                let half = Retention {
                    max_age: None,
                    max_bytes: Some(store.transaction.used() / 2),
                };
                store.transaction.retain(&half).unwrap();
                let first = store.published.get().rows.first();
                assert!(first < model.calls.len().max(1));
                model.remove_before(first);
            }
            _ => {
                let sent: Vec<_> = (0..=random.below(3))
                    .map(|_| batch(&parts(&mut random, &mut next), store.transaction.repeats()))
                    .collect();
                let batches: Vec<&Batch> = sent.iter().map(|(batch, _)| batch).collect();
                store.transaction.commit(&batches).unwrap();
                let parts = sent.iter().flat_map(|(_, parts)| parts);
                parts.for_each(|part| model.apply(*part));
            }
        }
        store.check(&model, &mut random);
    }
}

#[test]
fn every_history_ends_as_a_plain_list_of_calls_does() {
    let number = |name: &str| {
        std::env::var(name)
            .ok()
            .and_then(|text| text.parse::<u64>().ok())
    };
    let seeds = match number("SPANLOOM_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SPANLOOM_SEEDS").unwrap_or(SEEDS),
    };
    for seed in seeds {
        let history = std::panic::catch_unwind(|| history(seed));
        assert!(history.is_ok(), "SPANLOOM_SEED={seed} repeats this history");
    }
}
