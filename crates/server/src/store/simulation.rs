//! Histories of a store: writes, parts in any order, restarts, crashes, a full disk, removals. After each step the store is
//! what a plain list of calls is. `SPANLOOM_SEED=N` runs one history, `SPANLOOM_SEEDS=N` that many.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use spanloom_core::mapping;
use spanloom_core::{Record, StreamName};

use super::batch::Batch;
use super::memory::{Memory, Published};
use super::question::{By, Dimension, Filter, Until, breakdown};
use super::repeats::Repeats;
use super::retention::Retention;
use super::segments::Saved;
use super::transaction::Transaction;
use super::{CallEnd, Id, Incoming, Status, schema, unused};

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

/// What is sent of call `n`: everything about a call follows from its number.
#[derive(Clone, Copy, Debug)]
enum Part {
    Start(u64),
    Whole(u64),
    End(u64),
}

fn id(n: u64) -> String {
    format!("{n:016x}")
}

fn time(n: u64, seconds: i64) -> spanloom_core::Timestamp {
    spanloom_core::Timestamp::from_nanos(BEGIN + (n.cast_signed() + seconds) * 1_000_000_000)
}

/// Returns a text of which each batch has new ones.
fn tenant(n: u64) -> String {
    format!("tenant-{}", n / 3)
}

fn tokens(n: u64) -> i64 {
    (n % 97).cast_signed() + 1
}

/// Returns a request with a text that few others have not.
fn inputs(n: u64) -> serde_json::Value {
    let system = format!("Answer in the style {}. ", n % 5).repeat(20);
    json!({"question": format!("question {n}"), "system": system})
}

fn record(n: u64, is_whole: bool) -> Record {
    let mut call = json!({
        "project_id": PROJECT, "id": id(n), "trace_id": format!("{n:032x}"), "op_name": "f", "started_at": time(n, 0),
        "attributes": {"spanloom": {"operation": "chat"}, "tenant": tenant(n)},
        "inputs": inputs(n),
    });
    if is_whole {
        let end = end(n);
        call["ended_at"] = json!(end.ended_at);
        call["output"] = json!(format!("answer {n}"));
        call["summary"] = json!(end.summary);
    }
    serde_json::from_value(call).unwrap()
}

/// Returns the same call as a span.
fn span(n: u64) -> Incoming {
    let attributes: serde_json::Map<_, _> = serde_json::from_value(json!({
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "m",
        "gen_ai.usage.input_tokens": tokens(n), "gen_ai.usage.output_tokens": 0,
        "spanloom.attributes": json!({"tenant": tenant(n)}),
        "spanloom.request": inputs(n).to_string(),
        "spanloom.response": json!(format!("answer {n}")).to_string(),
    }))
    .unwrap();
    let span = mapping::Span {
        name: "f".to_owned(),
        trace_id: format!("{n:032x}"),
        span_id: id(n),
        started_at: time(n, 0),
        ended_at: time(n, 1),
        attributes: attributes.into_iter().collect(),
        ..mapping::Span::default()
    };
    let stream = StreamName::parse("e/p/calls", None).unwrap();
    let resource = mapping::Attributes::default();
    Incoming::Span(Box::new(mapping::mapped(span, &resource, &stream)))
}

fn end(n: u64) -> CallEnd {
    let end = json!({
        "project_id": PROJECT, "id": id(n), "ended_at": time(n, 1), "output": format!("answer {n}"),
        "summary": {"usage": {"m": {"prompt_tokens": tokens(n), "completion_tokens": 0, "requests": 1}}},
    });
    serde_json::from_value(end).unwrap()
}

/// A call, by its number, and whether it has ended.
#[derive(Clone, Debug)]
struct Call {
    n: u64,
    ended: bool,
}

/// The plain list of calls, by arrival.
#[derive(Clone, Debug, Default)]
struct Model {
    calls: Vec<Call>,
    places: HashMap<u64, usize>,
    waiting: HashSet<u64>,
    first: usize,
}

impl Model {
    fn apply(&mut self, part: Part) {
        let (n, ends) = match part {
            Part::Start(n) => (n, false),
            Part::Whole(n) => (n, true),
            Part::End(n) if !self.places.contains_key(&n) => {
                self.waiting.insert(n);
                return;
            }
            Part::End(n) => (n, true),
        };
        let has_waited = self.waiting.remove(&n);
        let ends = ends || has_waited;
        let next = self.calls.len();
        let place = *self.places.entry(n).or_insert(next);
        if place == next {
            self.calls.push(Call { n, ended: ends });
        } else {
            self.calls[place].ended |= ends;
        }
    }

    fn remove_before(&mut self, first: usize) {
        for place in self.first..first {
            let n = self.calls[place].n;
            if self.places.get(&n) == Some(&place) {
                self.places.remove(&n);
            }
        }
        self.first = first;
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
        unused::remove(&connection, &mut memory).unwrap();
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

    /// Compares the store with the model.
    fn check(&self, model: &Model, random: &mut Random) {
        let memory = self.published.get();
        assert_eq!(memory.rows.len(), model.calls.len());
        assert_eq!(memory.rows.first(), model.first);
        let Some(project) = memory.dictionary.code(PROJECT) else {
            assert!(model.calls.is_empty());
            return;
        };
        let live = || model.calls.iter().enumerate().skip(model.first);
        for (place, call) in live() {
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
            assert_eq!(tenant, Some(self::tenant(call.n).as_str()));
            if random.below(16) == 0 {
                let record = self
                    .transaction
                    .read((row.frame, row.slot))
                    .unwrap()
                    .unwrap();
                assert_eq!(record.inputs, self::record(call.n, false).inputs);
                assert_eq!(record.output.is_some(), call.ended);
            }
        }
        let filter = Filter::default().with_one_of(Dimension::Project, vec![Some(project)]);
        let by = By {
            groups: [Some(Dimension::Status), None],
            most_groups: 2,
            starts: (0, i64::MAX - 1),
            most_bins: 1,
        };
        let (until, _client) = Until::start();
        let found = breakdown(&memory.rows, &filter, by, Ord::cmp, &until)
            .unwrap()
            .all
            .all;
        let ended = live().filter(|(_, call)| call.ended);
        let sum: i64 = ended.map(|(_, call)| tokens(call.n)).sum();
        assert_eq!(found.calls, live().count() as u64);
        assert_eq!(found.input_tokens.total().unwrap_or(0), sum);
        assert_eq!(
            found.running,
            live().filter(|(_, call)| !call.ended).count() as u64
        );
    }
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
        match random.below(12) {
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
