//! Events of the Responses API.
//!
//! The last event of a stream carries the whole response and takes precedence over all other events. A cut stream is
//! assembled from its pieces: the response as it was announced, with the items received so far.

mod text_path;

use std::collections::{BTreeMap, HashMap};

use text_path::TEXT_PATHS;

use super::piece::{Members, Piece};
use super::{Assembler, EventOutcome, Visible};
use crate::Failure;
use crate::json::{Document, Node};
use crate::openai::failure::failure;

/// A response that is being received.
#[derive(Default)]
pub(super) struct ResponsesAssembler {
    /// The latest version of the whole response that the provider sent.
    head: Option<String>,
    items: BTreeMap<u64, Members>,
    by_id: HashMap<String, u64>,
    events: usize,
}

impl Assembler for ResponsesAssembler {
    fn take(&mut self, event: Node<'_>, text: &mut Visible) -> EventOutcome {
        let kind = event.get("type").and_then(Node::text).unwrap_or_default();
        if kind == "error" || kind.is_empty() {
            return match error(event) {
                Some(failure) => EventOutcome::Failed(failure),
                None => EventOutcome::Malformed,
            };
        }
        self.events += 1;
        if let Some(response) = event.given("response") {
            self.head = Some(response.to_json_string());
            if matches!(
                &*kind,
                "response.completed" | "response.incomplete" | "response.failed"
            ) {
                return EventOutcome::Done;
            }
        }
        match &*kind {
            "response.output_item.added" | "response.output_item.done" => self.item(event),
            "response.content_part.added" | "response.content_part.done" => {
                self.part(event, "content", "content_index");
            }
            "response.reasoning_summary_part.added" | "response.reasoning_summary_part.done" => {
                self.part(event, "summary", "summary_index");
            }
            "response.output_text.annotation.added" => self.annotation(event),
            kind => {
                if let Some((kind, is_delta)) = strip(kind) {
                    self.text(event, kind, is_delta, text);
                }
            }
        }
        EventOutcome::Chunk
    }

    fn answer(self) -> Option<String> {
        if self.events == 0 {
            return None;
        }
        let document = Document::read(self.head.as_deref().unwrap_or_default().as_bytes());
        let output = document
            .root()
            .get("output")
            .filter(|output| output.is_list());
        let is_empty = output.is_none_or(|output| output.items().next().is_none());
        // Items that the provider repeats in its last event take precedence.
        let replaced = is_empty && !self.items.is_empty();
        if let Some(head) = self.head.as_ref().filter(|_| output.is_some() && !replaced) {
            return Some(head.clone());
        }
        let mut head = Members::of(document.root());
        if replaced {
            let items = self.items.into_values().map(Piece::Object);
            head.set("output", Piece::List(items.collect()));
        }
        head.or_insert("object", || Piece::word("response"));
        head.or_insert("status", || Piece::word("in_progress"));
        head.or_insert("output", || Piece::List(Vec::new()));
        let mut answer = String::new();
        head.write(&mut answer);
        Some(answer)
    }
}

/// Returns the event's name without its suffix, and whether the event carries a piece rather than the whole.
fn strip(kind: &str) -> Option<(&str, bool)> {
    let delta = kind.strip_suffix(".delta").map(|kind| (kind, true));
    delta.or_else(|| kind.strip_suffix(".done").map(|kind| (kind, false)))
}

/// Reads an error event, which carries code and message itself, or in an object like other errors.
fn error(event: Node<'_>) -> Option<Failure> {
    failure(event, "stream_error").or_else(|| {
        let code = event.string("code").filter(|code| !code.is_empty());
        let message = event.string("message");
        (code.is_some() || message.is_some()).then(|| Failure {
            kind: code.unwrap_or_else(|| "stream_error".to_owned()),
            message: message.unwrap_or_default(),
        })
    })
}

fn index(event: Node<'_>, name: &str) -> Option<u64> {
    event.get(name).and_then(Node::u64)
}

impl ResponsesAssembler {
    /// Returns the item that an event refers to: by its index, else by its id, else the last item.
    fn item_index(&self, event: Node<'_>) -> u64 {
        let by_id = || {
            let id = event.get("item_id")?.text()?;
            self.by_id.get(&*id).copied()
        };
        let last = || self.items.keys().next_back().copied();
        index(event, "output_index")
            .or_else(by_id)
            .or_else(last)
            .unwrap_or(0)
    }

    fn item(&mut self, event: Node<'_>) {
        let Some(item) = event.get("item").filter(|item| item.is_object()) else {
            return;
        };
        let id = item.get("id").and_then(Node::text).unwrap_or_default();
        let next = || {
            let last = self.items.keys().next_back();
            last.map_or(0, |last| last.saturating_add(1))
        };
        let number = index(event, "output_index")
            .or_else(|| self.by_id.get(&*id).copied())
            .unwrap_or_else(next);
        if !id.is_empty() {
            self.by_id.insert(id.into_owned(), number);
        }
        if let Piece::Object(item) = Piece::open(item) {
            self.items.insert(number, item);
        }
    }

    /// Stores a part of an item: a new part, or the whole of a part that came in pieces.
    fn part(&mut self, event: Node<'_>, list: &str, index_member: &str) {
        let number = self.item_index(event);
        let part = event.given("part");
        let (Some(item), Some(part)) = (self.items.get_mut(&number), part) else {
            return;
        };
        if let Some(slot) = element(item, list, index(event, index_member)) {
            *slot = Piece::open(part);
        }
    }

    fn annotation(&mut self, event: Node<'_>) {
        let number = self.item_index(event);
        let annotation = event.given("annotation");
        let part = self
            .items
            .get_mut(&number)
            .and_then(|item| element(item, "content", index(event, "content_index")));
        if let (Some(Piece::Object(part)), Some(annotation)) = (part, annotation) {
            let list = part.or_insert("annotations", || Piece::List(Vec::new()));
            if let Piece::List(list) = list {
                list.push(Piece::whole(annotation));
            }
        }
    }

    fn text(&mut self, event: Node<'_>, kind: &str, is_delta: bool, text: &mut Visible) {
        let Some(target) = TEXT_PATHS.iter().find(|path| path.kind == kind) else {
            return;
        };
        let names: &[&str] = match is_delta {
            true => &["delta"],
            false => &WHOLE,
        };
        let mut pieces = names.iter().filter_map(|name| event.get(name));
        let Some(piece) = pieces.find(|piece| piece.is_text()) else {
            return;
        };
        if is_delta {
            text.push(piece);
        }
        let number = self.item_index(event);
        let item = self.items.entry(number).or_default();
        let object = match target.element {
            None => Some(item),
            Some([list, kind]) => {
                let index_member = match list {
                    "summary" => "summary_index",
                    _ => "content_index",
                };
                element(item, list, index(event, index_member)).and_then(|part| {
                    if part.is_null() {
                        let mut fresh = Members::default();
                        fresh.set("type", Piece::word(kind));
                        *part = Piece::Object(fresh);
                    }
                    part.members()
                })
            }
        };
        let Some(object) = object else { return };
        if let Some(logprobs) = event.given("logprobs").filter(|_| is_delta) {
            super::merge::member(object, "logprobs", logprobs);
        }
        match object.get_mut(target.member) {
            Some(Piece::Text(sum)) if is_delta => sum.push_str(piece.inside()),
            _ => object.set(target.member, Piece::whole(piece)),
        }
    }
}

/// The members that may hold the whole text of a `….done` event.
const WHOLE: [&str; 5] = ["text", "refusal", "arguments", "input", "code"];

/// Returns an element of a list inside an item: at `index`, or the last without an index; past the end, a new element.
fn element<'a>(item: &'a mut Members, list: &str, index: Option<u64>) -> Option<&'a mut Piece> {
    let list = item.or_insert(list, || Piece::NULL);
    if list.is_null() {
        *list = Piece::List(Vec::new());
    }
    let Piece::List(list) = list else {
        return None;
    };
    let index = index.and_then(|index| usize::try_from(index).ok());
    let index = index.unwrap_or_else(|| list.len().saturating_sub(1));
    if index >= list.len() {
        list.push(Piece::NULL);
        return list.last_mut();
    }
    list.get_mut(index)
}

#[cfg(test)]
mod tests;
