//! Long texts that repeat from call to call (system prompts, tool definitions, the messages of a conversation): each is
//! stored once, and left out of the payloads after that.
//!
//! | file | what |
//! |---|---|
//! | `units` | the texts of a payload that may repeat |
//! | `cut` | payloads without such texts, and whole again |
//! | `table` | the texts in the file |
//! | `referred` | the texts to which each frame refers |
//!
//! A text is stored when it comes for the second time, and left out from the next batch on: only what is committed is
//! referred to. It is stored anew in each period of [`PERIOD`] frames, and only frames of its period refer to it, so that
//! a text goes with them and no reference has to be counted.

mod cut;
mod referred;
mod table;
mod units;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::hash::BuildHasher as _;
use std::io;
use std::ops::Range;
use std::sync::{Mutex, MutexGuard, PoisonError};

use hashbrown::{DefaultHashBuilder, HashMap};
use sha2::{Digest as _, Sha256};

use super::frame::Packer;

pub(super) use cut::{numbers, whole};
pub(super) use referred::{put_referred, unreferred};
pub(super) use table::{last, load, read, remove, remove_before, stored_of, write};

/// The frames for which a text is stored. Small in tests, so that a history has many periods.
const PERIOD: i64 = if cfg!(test) { 8 } else { 65_536 };
/// The number of texts that are remembered to have come, and of stored texts that are referred to; twice this at most. One
/// number for both: were more texts remembered than referred to, texts that come seldom would be stored over and over.
const MOST: usize = 4_096;

/// The most bytes of a period's texts in the file, unless less is kept at all.
pub(super) const MOST_BYTES: u64 = 256 << 20;

/// The hash of a project and a text: texts of different projects are stored apart.
pub(super) type TextHash = [u8; 32];

/// Texts to store, by hash.
#[derive(Debug, Default)]
pub(super) struct NewTexts(HashMap<TextHash, String>);

/// A text to store, compressed.
#[derive(Debug)]
pub(super) struct NewText {
    pub(super) hash: TextHash,
    data: Vec<u8>,
}

impl NewText {
    pub(super) fn size(&self) -> u64 {
        self.data.len() as u64
    }
}

impl NewTexts {
    pub(super) fn packed(self, packer: &mut Packer) -> io::Result<Vec<NewText>> {
        let texts = self.0.into_iter();
        let pack = |(hash, text): (TextHash, String)| {
            let data = packer.pack(std::iter::once(text.as_str()))?;
            Ok(NewText { hash, data })
        };
        texts.map(pack).collect()
    }
}

/// The state in which payloads may be without texts: it ends when the period does, and when texts are deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Epoch {
    period: i64,
    deletions: u64,
}

/// What is known of the texts of earlier calls.
#[derive(Debug, Default)]
pub(super) struct Repeats(Mutex<Known>);

#[derive(Debug)]
struct Known {
    hasher: DefaultHashBuilder,
    seen: Generations<u64, ()>,
    stored: Generations<TextHash, i64>,
    epoch: Epoch,
    /// The bytes of the period's texts in the file.
    bytes: u64,
    most_bytes: u64,
}

impl Default for Known {
    fn default() -> Self {
        Self {
            hasher: DefaultHashBuilder::default(),
            seen: Generations::default(),
            stored: Generations::default(),
            epoch: Epoch::default(),
            bytes: 0,
            most_bytes: MOST_BYTES,
        }
    }
}

impl Repeats {
    /// Starts with stored texts of the period of a frame, each with its number, and the bytes of all texts of the period.
    fn new(frame: i64, stored: Vec<(TextHash, i64)>, bytes: u64) -> Self {
        let repeats = Self::default();
        repeats.add(frame, stored, bytes);
        repeats
    }

    /// Returns the present epoch.
    pub(super) fn epoch(&self) -> Epoch {
        self.known().epoch
    }

    /// Returns the epoch in which a frame is written.
    pub(super) fn epoch_of(&self, frame: i64) -> Epoch {
        Epoch {
            period: period(frame),
            ..self.epoch()
        }
    }

    /// Forgets texts that are deleted. Payloads that are prepared already may be without them: they are written whole.
    pub(super) fn forget(&self, deleted: &BTreeSet<i64>) {
        let mut known = self.known();
        known.epoch.deletions += 1;
        known.stored.retain(|number| !deleted.contains(number));
    }

    /// Returns whether a text is to be stored in the period of a frame, which has `added` bytes more than are known here.
    pub(super) fn takes(&self, text: &NewText, frame: i64, added: u64) -> bool {
        let mut known = self.known();
        let is_now = known.epoch.period == period(frame);
        let bytes = if is_now { known.bytes } else { 0 };
        let has_room = bytes.saturating_add(added) + text.size() <= known.most_bytes;
        has_room && !(is_now && known.stored.get(&text.hash).is_some())
    }

    /// Limits the bytes of a period's texts: they stay while old calls are removed for their size.
    pub(super) fn limit(&self, most_bytes: u64) {
        self.known().most_bytes = most_bytes;
    }

    /// Adds texts that were stored in the period of a frame; those of an earlier period are no longer referred to.
    pub(super) fn add(
        &self,
        frame: i64,
        stored: impl IntoIterator<Item = (TextHash, i64)>,
        bytes: u64,
    ) {
        let (mut known, period) = (self.known(), period(frame));
        if known.epoch.period != period {
            known.epoch.period = period;
            known.stored = Generations::default();
            known.bytes = 0;
        }
        known.bytes = known.bytes.saturating_add(bytes);
        for (hash, number) in stored {
            known.stored.insert(hash, number, MOST);
        }
    }

    /// Returns a payload without the texts that are stored in its batch's epoch, and adds the texts to store to `new`.
    pub(super) fn cut<'a>(
        &self,
        epoch: Epoch,
        project: &str,
        payload: &'a str,
        new: &mut NewTexts,
    ) -> Cow<'a, str> {
        let mut cuts: Vec<(Range<usize>, i64)> = Vec::new();
        let units = units::of(payload);
        if !units.is_empty() {
            let mut known = self.known();
            for unit in units {
                let text = payload.get(unit.clone()).unwrap_or_default();
                if !known.has_seen(project, text) {
                    continue;
                }
                let hash = hash(project, text);
                let is_now = known.epoch == epoch;
                match known.stored.get(&hash).filter(|_| is_now) {
                    Some(number) => cuts.push((unit, number)),
                    None => {
                        new.0.entry(hash).or_insert_with(|| text.to_owned());
                    }
                }
            }
        }
        cut::cut(payload, &cuts)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Returns whether a text may have come before, and remembers that it came.
    fn has_seen(&mut self, project: &str, text: &str) -> bool {
        let hash = self.hasher.hash_one((project, text));
        let has_come = self.seen.get(&hash).is_some();
        if !has_come {
            self.seen.insert(hash, (), MOST);
        }
        has_come
    }
}

/// Returns the period of a frame.
pub(super) fn period(frame: i64) -> i64 {
    frame / PERIOD
}

fn hash(project: &str, text: &str) -> TextHash {
    let mut hash = Sha256::new();
    // No project has a line break in its name.
    hash.update(project);
    hash.update("\n");
    hash.update(text);
    hash.finalize().into()
}

/// A map of bounded size: what was not asked for while as many others came is forgotten.
#[derive(Debug)]
struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K, V> Default for Generations<K, V> {
    fn default() -> Self {
        Self {
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }
}

impl<K: std::hash::Hash + Eq + Copy, V: Copy> Generations<K, V> {
    fn get(&mut self, key: &K) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(*value);
        }
        let (key, value) = self.old.remove_entry(key)?;
        self.young.insert(key, value);
        Some(value)
    }

    fn insert(&mut self, key: K, value: V, most: usize) {
        if self.young.len() >= most {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    fn retain(&mut self, is_kept: impl Fn(&V) -> bool) {
        for values in [&mut self.young, &mut self.old] {
            values.retain(|_, value| is_kept(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(n: usize) -> String {
        format!("text {n} ").repeat(50)
    }

    fn payload(texts: &[&str]) -> String {
        format!("[\"{}\"]", texts.join("\",\""))
    }

    /// Stores what a payload adds, as a transaction does; returns how many texts that were.
    fn store(repeats: &Repeats, project: &str, payload: &str, numbers: &mut i64) -> usize {
        let mut new = NewTexts::default();
        repeats.cut(repeats.epoch(), project, payload, &mut new);
        // By text, so that the first text has the first number.
        let mut new: Vec<_> = new.0.into_iter().collect();
        new.sort_by(|a, b| a.1.cmp(&b.1));
        let stored: Vec<_> = new
            .into_iter()
            .map(|(hash, _)| {
                *numbers += 1;
                (hash, *numbers)
            })
            .collect();
        repeats.add(0, stored.iter().copied(), 0);
        stored.len()
    }

    #[test]
    fn a_text_is_stored_when_it_comes_again_and_left_out_after_that() {
        let (repeats, mut numbers) = (Repeats::default(), 0);
        let (system, user) = (text(1), text(2));
        let payload = payload(&[&system, &user]);
        assert_eq!(store(&repeats, "e/p", &payload, &mut numbers), 0);
        assert_eq!(store(&repeats, "e/p", &payload, &mut numbers), 2);
        let mut new = NewTexts::default();
        let cut = repeats.cut(repeats.epoch(), "e/p", &payload, &mut new);
        assert!(new.0.is_empty() && cut.len() < 30, "{cut}");
        let read = |number| Some([&system, &user][usize::try_from(number - 1).unwrap()].clone());
        assert_eq!(whole(&cut, read).unwrap().0, payload);
    }

    #[test]
    fn texts_of_projects_and_periods_are_apart() {
        let (repeats, mut numbers) = (Repeats::default(), 0);
        let payload = payload(&[&text(1)]);
        for project in ["e/p", "e/q"] {
            assert_eq!(store(&repeats, project, &payload, &mut numbers), 0);
            assert_eq!(store(&repeats, project, &payload, &mut numbers), 1);
        }
        repeats.add(PERIOD, [], 0);
        // A batch of the period before refers to none, and one of this period stores the text again.
        for epoch in [Epoch::default(), repeats.epoch()] {
            let mut new = NewTexts::default();
            assert_eq!(repeats.cut(epoch, "e/p", &payload, &mut new), payload);
            assert_eq!(new.0.len(), 1);
        }
    }

    #[test]
    fn a_deleted_text_is_left_out_of_no_payload() {
        let (repeats, mut numbers) = (Repeats::default(), 0);
        let payload = payload(&[&text(1), &text(2)]);
        for _ in 0..2 {
            store(&repeats, "e/p", &payload, &mut numbers);
        }
        let before = repeats.epoch();
        repeats.forget(&BTreeSet::from([1]));
        assert_ne!(before, repeats.epoch_of(0));
        let cut = |epoch| {
            let mut new = NewTexts::default();
            let cut = repeats.cut(epoch, "e/p", &payload, &mut new);
            (super::numbers(&cut).collect::<Vec<_>>(), new.0.len())
        };
        assert_eq!(cut(repeats.epoch()), (vec![2], 1));
        assert_eq!(cut(before), (vec![], 2));
    }

    #[test]
    fn the_texts_of_a_period_have_so_much_room() {
        let repeats = Repeats::default();
        repeats.limit(1_000);
        let text = NewText {
            hash: [1; 32],
            data: vec![0; 400],
        };
        assert!(repeats.takes(&text, 0, 600) && !repeats.takes(&text, 0, 601));
        repeats.add(0, [], 601);
        assert!(!repeats.takes(&text, 0, 0));
        assert!(repeats.takes(&text, PERIOD, 600) && !repeats.takes(&text, PERIOD, 601));
    }

    #[test]
    fn as_many_texts_are_known_as_the_limit_is_and_those_in_use_stay() {
        let mut known = Generations::default();
        for n in 0..1_000 {
            known.insert(n, (), 10);
            assert!(known.get(&0).is_some());
            assert!(known.young.len() + known.old.len() <= 20);
        }
        assert_eq!(known.get(&500), None);
    }
}
