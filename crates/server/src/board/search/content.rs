//! Calls whose content holds words, the newest first. They are read page by page, so that other questions get their turn in
//! between and a disconnected client is noticed.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use regex::{Regex, RegexBuilder};
use serde::Serialize;
use spanloom_core::json::{Document, Node};
use spanloom_core::{Json, Record, weave};

use super::Search;
use crate::app::App;
use crate::board::selection::Selection;
use crate::board::stats::ms;
use crate::reply::Problem;
use crate::store::question::{self, Until};
use crate::store::{Id, Memory};

/// How long calls are read for one request.
const LONGEST: Duration = Duration::from_secs(1);
/// The most calls that are found.
const MOST_FOUND: usize = 10_000;
/// The number of calls that are read at a time.
const PAGE: usize = 256;
/// The levels of nested content that are searched.
const DEEPEST: usize = 64;

/// The calls that were found, and how far the search came.
#[derive(Debug, Serialize)]
pub(in crate::board) struct Found {
    #[serde(skip)]
    pub(in crate::board) ids: HashSet<Id>,
    /// The number of calls that were read.
    read: usize,
    /// The start of the oldest call that was read. Calls are read from the last that arrived on.
    reached: Option<f64>,
    is_complete: bool,
}

impl Found {
    pub(in crate::board) fn is_complete(&self) -> bool {
        self.is_complete
    }
}

/// Returns the selected calls whose content holds the words of the search; `None` if it has no words.
pub(in crate::board) async fn find(
    app: &Arc<App>,
    memory: &Arc<Memory>,
    selection: &Arc<Selection>,
) -> Result<Option<Found>, Problem> {
    let Some(words) = Words::of(selection.search())? else {
        return Ok(None);
    };
    let (words, started) = (Arc::new(words), Instant::now());
    let question = {
        let (memory, selection) = (Arc::clone(memory), Arc::clone(selection));
        move |until: &Until| {
            let places =
                question::places(&memory.rows, &selection.filter(&memory), usize::MAX, until)?;
            Ok(places)
        }
    };
    // About in the order of their arrival, which is that of their start.
    let mut places = app.questions.ask_until(question).await?;
    places.reverse();
    let mut found = Found {
        ids: HashSet::new(),
        read: 0,
        reached: None,
        is_complete: false,
    };
    for places in places.chunks(PAGE) {
        if started.elapsed() >= LONGEST || found.ids.len() >= MOST_FOUND {
            return Ok(Some(found));
        }
        let question = {
            let (app, memory, words) = (Arc::clone(app), Arc::clone(memory), Arc::clone(&words));
            let places = places.to_vec();
            move || read(&app, &memory, &places, &words)
        };
        found.ids.extend(app.questions.ask(question).await?);
        found.read += places.len();
        let rows = places.iter().filter_map(|place| memory.rows.get(*place));
        let oldest = rows.map(|row| ms(row.started_at)).reduce(f64::min);
        found.reached = [found.reached, oldest]
            .into_iter()
            .flatten()
            .reduce(f64::min);
    }
    found.is_complete = true;
    Ok(Some(found))
}

/// Returns the ids of the calls at these places that hold the words.
fn read(app: &App, memory: &Memory, places: &[usize], words: &Words) -> Result<Vec<Id>, Problem> {
    let mut found = Vec::new();
    let is_wanted = |text: &str| words.may_be_in(text);
    app.store
        .read_those(memory, places, is_wanted, |_, record| {
            if words.are_met_by(&record) {
                found.push(Id::new(&record.id));
            }
        })?;
    Ok(found)
}

/// The words of a search, each with whether calls that hold it are excluded.
struct Words(Vec<(Word, bool)>);

impl Words {
    fn of(search: &Search) -> Result<Option<Self>, Problem> {
        let words = search.words();
        let words = words.into_iter().map(|(text, is_excluded)| {
            let word = Word::of(text);
            let word =
                word.map_err(|_| Problem::bad_request("a text of the search is too long"))?;
            Ok((word, is_excluded))
        });
        let words: Vec<_> = words.collect::<Result<_, Problem>>()?;
        Ok((!words.is_empty()).then_some(Self(words)))
    }

    /// Returns whether a call may meet the words, by its text as it is stored.
    fn may_be_in(&self, text: &str) -> bool {
        let mut wanted = self.0.iter().filter(|(_, is_excluded)| !is_excluded);
        wanted.all(|(word, _)| word.0.is_match(text))
    }

    fn are_met_by(&self, record: &Record) -> bool {
        let mut words = self.0.iter();
        words.all(|(word, is_excluded)| word.is_in(record) != *is_excluded)
    }
}

/// A text to be found in any case, plain or as it may stand in JSON, also in JSON that is a text of JSON.
struct Word(Regex);

impl Word {
    fn of(text: &str) -> Result<Self, regex::Error> {
        let pattern: String = text.chars().map(in_json).collect();
        let pattern = RegexBuilder::new(&pattern).case_insensitive(true).build();
        pattern.map(Self)
    }

    fn is_in(&self, record: &Record) -> bool {
        let plain = [
            Some(weave::op(&record.op_name)),
            record.exception.as_deref(),
        ];
        let bodies = [Some(&record.inputs), record.output.as_ref()];
        plain
            .into_iter()
            .flatten()
            .any(|text| self.0.is_match(text))
            || bodies
                .into_iter()
                .flatten()
                .any(|json| self.is_in_json(json))
    }

    /// Returns whether a text of the JSON holds the word; names of members do not count.
    fn is_in_json(&self, json: &Json) -> bool {
        // Few calls need the closer look.
        self.0.is_match(json.as_str())
            && self.is_in_node(Document::read(json.as_str().as_bytes()).root(), DEEPEST)
    }

    fn is_in_node(&self, node: Node<'_>, levels: usize) -> bool {
        let Some(inside) = levels.checked_sub(1) else {
            return false;
        };
        if let Some(text) = node.text() {
            return self.0.is_match(&text);
        }
        let mut values = node.members().map(|(_, value)| value).chain(node.items());
        values.any(|value| self.is_in_node(value, inside))
    }
}

/// Returns the pattern of a character as it may be written in JSON: some writers escape all that is not ASCII, others signs that
/// have a meaning in HTML.
fn in_json(character: char) -> String {
    if character.is_ascii_alphanumeric() || character == ' ' {
        return character.to_string();
    }
    let plain = regex::escape(character.encode_utf8(&mut [0; 4]));
    // Escapes are numbers: a pattern in any case does not relate those of `ü` and `Ü`.
    let cases = std::iter::once(character)
        .chain(character.to_lowercase())
        .chain(character.to_uppercase());
    let escapes: Vec<String> = cases.map(escape).collect();
    let escapes = escapes.join("|");
    let short = match character {
        '\n' => "n",
        '\t' => "t",
        '\r' => "r",
        '\u{8}' => "b",
        '\u{c}' => "f",
        _ => return format!(r"(?:\\*{plain}|{escapes})"),
    };
    format!(r"(?:{plain}|\\+{short}|{escapes})")
}

fn escape(character: char) -> String {
    let mut halves = [0; 2];
    let halves = character.encode_utf16(&mut halves).iter();
    halves.map(|half| format!(r"\\+u{half:04x}")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn record(inputs: &str) -> Record {
        let record: Value = json!({"id": "1", "trace_id": "2", "project_id": "a/b", "op_name": "chat", "started_at":
            "2026-01-01T00:00:00Z", "inputs": serde_json::value::RawValue::from_string(inputs.to_owned()).unwrap(),
            "attributes": {}, "summary": {}});
        serde_json::from_value(record).unwrap()
    }

    #[test]
    fn words_are_found_however_they_are_written() {
        for (word, inputs, expected) in [
            (
                "UMBRELLA",
                r#"{"messages":[{"content":"an umbrella?"}]}"#,
                true,
            ),
            (
                "messages",
                r#"{"messages":[{"content":"an umbrella?"}]}"#,
                false,
            ),
            ("zürich", r#"{"city":"Z\u00fcrich"}"#, true),
            ("zürich", r#"{"city":"Zürich"}"#, true),
            ("😀", r#"{"city":"\ud83d\ude00"}"#, true),
            (
                "zürich",
                r#"{"arguments":"{\"city\":\"Z\\u00fcrich\"}"}"#,
                true,
            ),
            ("über", r#"["\u00dcber"]"#, true),
            ("ÜBER", r#"["\u00fcber"]"#, true),
            ("R&D", r#"["R\u0026D"]"#, true),
            ("don't", r#"["don\u0027t"]"#, true),
            ("a/b", r#"["a\/b"]"#, true),
            ("read \"this\"", r#"["read \"this\" now"]"#, true),
            ("two\nlines", r#""two\nlines""#, true),
            (".*", r#"["abc"]"#, false),
            ("42", r#"{"n":42}"#, false),
        ] {
            let found = Word::of(word).unwrap().is_in(&record(inputs));
            assert_eq!(found, expected, "{word} {inputs}");
        }
    }
}
