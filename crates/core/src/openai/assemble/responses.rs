//! Events of the Responses API.
//!
//! The last event of a stream carries the whole response and takes precedence over all other events. A cut stream is
//! assembled from its pieces: the response as it was announced, with the items received so far.

use std::collections::{BTreeMap, HashMap};

use super::piece::{Members, Piece};
use super::{Assembler, EventOutcome, Visible};
use crate::Failure;
use crate::json::{Document, Node};
use crate::openai::failure::failure;

/// The place where the pieces of a text are stored.
struct Place {
    /// The type of the event, without `.delta` or `.done`.
    kind: &'static str,
    /// The list inside the item and the type of its element; `None` for a text of the item itself.
    element: Option<[&'static str; 2]>,
    /// The member that holds the text.
    member: &'static str,
}

const fn inside(kind: &'static str, element: [&'static str; 2], member: &'static str) -> Place {
    Place {
        kind,
        element: Some(element),
        member,
    }
}

const fn of_item(kind: &'static str, member: &'static str) -> Place {
    Place {
        kind,
        element: None,
        member,
    }
}

const PLACES: [Place; 8] = [
    inside("response.output_text", ["content", "output_text"], "text"),
    inside("response.refusal", ["content", "refusal"], "refusal"),
    inside(
        "response.reasoning_text",
        ["content", "reasoning_text"],
        "text",
    ),
    inside(
        "response.reasoning_summary_text",
        ["summary", "summary_text"],
        "text",
    ),
    of_item("response.function_call_arguments", "arguments"),
    of_item("response.mcp_call_arguments", "arguments"),
    of_item("response.custom_tool_call_input", "input"),
    of_item("response.code_interpreter_call_code", "code"),
];

/// A response that is being received.
#[derive(Default)]
pub(super) struct Response {
    /// The latest version of the whole response that the provider sent.
    head: Option<String>,
    items: BTreeMap<u64, Members>,
    by_id: HashMap<String, u64>,
    events: usize,
}

impl Assembler for Response {
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
            self.head = Some(response.written());
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

impl Response {
    /// Returns the item that an event refers to: by its place, else by its id, else the last item.
    fn place(&self, event: Node<'_>) -> u64 {
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
        let place = index(event, "output_index")
            .or_else(|| self.by_id.get(&*id).copied())
            .unwrap_or_else(next);
        if !id.is_empty() {
            self.by_id.insert(id.into_owned(), place);
        }
        if let Piece::Object(item) = Piece::open(item) {
            self.items.insert(place, item);
        }
    }

    /// Stores a part of an item: a new part, or the whole of a part that came in pieces.
    fn part(&mut self, event: Node<'_>, list: &str, place_in_list: &str) {
        let place = self.place(event);
        let part = event.given("part");
        let (Some(item), Some(part)) = (self.items.get_mut(&place), part) else {
            return;
        };
        if let Some(slot) = element(item, list, index(event, place_in_list)) {
            *slot = Piece::open(part);
        }
    }

    fn annotation(&mut self, event: Node<'_>) {
        let place = self.place(event);
        let annotation = event.given("annotation");
        let part = self
            .items
            .get_mut(&place)
            .and_then(|item| element(item, "content", index(event, "content_index")));
        if let (Some(Piece::Object(part)), Some(annotation)) = (part, annotation) {
            let list = part.or_insert("annotations", || Piece::List(Vec::new()));
            if let Piece::List(list) = list {
                list.push(Piece::whole(annotation));
            }
        }
    }

    fn text(&mut self, event: Node<'_>, kind: &str, is_delta: bool, text: &mut Visible) {
        let Some(target) = PLACES.iter().find(|place| place.kind == kind) else {
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
        let place = self.place(event);
        let item = self.items.entry(place).or_default();
        let object = match target.element {
            None => Some(item),
            Some([list, kind]) => {
                let place_in_list = match list {
                    "summary" => "summary_index",
                    _ => "content_index",
                };
                element(item, list, index(event, place_in_list)).and_then(|part| {
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
mod tests {
    use serde_json::{Value, json};

    use crate::Endpoint::Responses;
    use crate::openai::{Assembled, assemble};

    fn sse(events: &[Value]) -> Vec<u8> {
        let event = |event: &Value| {
            let kind = event["type"].as_str().unwrap_or_default();
            format!("event: {kind}\ndata: {event}\n\n")
        };
        events.iter().map(event).collect::<String>().into_bytes()
    }

    fn value(assembled: &Assembled) -> Value {
        serde_json::from_str(assembled.completion.as_ref().unwrap()).unwrap()
    }

    fn whole(status: &str) -> Value {
        json!({"id":"resp_1","object":"response","created_at":5,"status":status,"model":"m-1","error":null,
            "incomplete_details":null,"instructions":"be brief","output":[]})
    }

    fn hello() -> Vec<Value> {
        vec![
            json!({"type":"response.created","sequence_number":0,"response":whole("in_progress")}),
            json!({"type":"response.in_progress","sequence_number":1,"response":whole("in_progress")}),
            json!({"type":"response.output_item.added","output_index":0,"item":{"id":"rs_1","type":"reasoning","summary":[]}}),
            json!({"type":"response.reasoning_summary_part.added","output_index":0,"item_id":"rs_1","summary_index":0,
                "part":{"type":"summary_text","text":""}}),
            json!({"type":"response.reasoning_summary_text.delta","output_index":0,"item_id":"rs_1","summary_index":0,"delta":"hm"}),
            json!({"type":"response.output_item.added","output_index":1,
                "item":{"id":"msg_1","type":"message","status":"in_progress","role":"assistant","content":[]}}),
            json!({"type":"response.content_part.added","item_id":"msg_1","output_index":1,"content_index":0,
                "part":{"type":"output_text","text":"","annotations":[]}}),
            json!({"type":"response.output_text.delta","item_id":"msg_1","output_index":1,"content_index":0,"delta":"Hel"}),
            json!({"type":"response.output_text.delta","item_id":"msg_1","output_index":1,"content_index":0,"delta":"lo"}),
            json!({"type":"response.output_text.annotation.added","item_id":"msg_1","output_index":1,"content_index":0,
                "annotation_index":0,"annotation":{"type":"url_citation"}}),
        ]
    }

    #[test]
    fn the_last_event_is_the_whole_response() {
        for (kind, status, done) in [
            ("response.completed", "completed", true),
            ("response.incomplete", "incomplete", true),
        ] {
            let mut response = whole(status);
            response["output"] = json!([{"type":"message","role":"assistant","content":[{"type":"output_text","text":"Hello"}]}]);
            response["usage"] = json!({"input_tokens":3,"output_tokens":2,"total_tokens":5});
            let mut events = hello();
            events.push(json!({"type":kind,"sequence_number":9,"response":response}));
            let assembled = assemble(Responses, &sse(&events));
            assert_eq!(assembled.done, done);
            assert_eq!(value(&assembled), response);
            assert_eq!(assembled.body.usage.output_tokens, Some(2));
            assert_eq!(assembled.body.response.status.as_deref(), Some(status));
            assert_eq!(assembled.failure, None);
        }
    }

    #[test]
    fn a_cut_stream_is_what_had_come() {
        let assembled = assemble(Responses, &sse(&hello()));
        assert!(!assembled.done);
        assert_eq!(assembled.text, "hmHello");
        let mut expected = whole("in_progress");
        expected["output"] = json!([
            {"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},
            {"id":"msg_1","type":"message","status":"in_progress","role":"assistant",
                "content":[{"type":"output_text","text":"Hello","annotations":[{"type":"url_citation"}]}]}]);
        assert_eq!(value(&assembled), expected);
        assert_eq!(assembled.body.response.id.as_deref(), Some("resp_1"));
        assert_eq!(assembled.body.response.model.as_deref(), Some("m-1"));
        assert_eq!(assembled.body.usage.source, None);
    }

    #[test]
    fn arguments_refusals_and_code_come_in_pieces() {
        let events = [
            json!({"type":"response.output_item.added","output_index":0,
                "item":{"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":""}}),
            json!({"type":"response.function_call_arguments.delta","output_index":0,"item_id":"fc_1","delta":"{\"a\":"}),
            json!({"type":"response.function_call_arguments.delta","output_index":0,"item_id":"fc_1","delta":"1}"}),
            json!({"type":"response.output_item.added","output_index":1,"item":{"type":"message","id":"m","content":[]}}),
            json!({"type":"response.refusal.delta","output_index":1,"item_id":"m","content_index":0,"delta":"I "}),
            json!({"type":"response.refusal.done","output_index":1,"item_id":"m","content_index":0,"refusal":"I can't"}),
            json!({"type":"response.output_item.added","output_index":2,"item":{"type":"custom_tool_call","id":"ct","input":""}}),
            json!({"type":"response.custom_tool_call_input.done","output_index":2,"item_id":"ct","input":"select"}),
            json!({"type":"response.output_item.added","output_index":3,"item":{"type":"code_interpreter_call","id":"ci","code":null}}),
            json!({"type":"response.code_interpreter_call_code.delta","output_index":3,"item_id":"ci","delta":"1+1"}),
            json!({"type":"response.something.new","x":1}),
        ];
        let output = value(&assemble(Responses, &sse(&events)));
        assert_eq!(
            output,
            json!({"object":"response","status":"in_progress","output":[
                {"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{\"a\":1}"},
                {"type":"message","id":"m","content":[{"type":"refusal","refusal":"I can't"}]},
                {"type":"custom_tool_call","id":"ct","input":"select"},
                {"type":"code_interpreter_call","id":"ci","code":"1+1"}]})
        );
    }

    #[test]
    fn servers_that_number_nothing_are_understood() {
        let events = [
            json!({"type":"response.created","response":{"id":"resp_1","object":"response","status":"in_progress"}}),
            json!({"type":"response.output_item.added","item":{"type":"reasoning","id":"rs","content":[],"summary":[]}}),
            json!({"type":"response.reasoning_text.delta","item_id":"rs","delta":"hm"}),
            json!({"type":"response.output_item.added","item":{"type":"message","id":"m","role":"assistant","content":[]}}),
            json!({"type":"response.content_part.added","item_id":"m","part":{"type":"output_text","text":""}}),
            json!({"type":"response.output_text.delta","item_id":"m","delta":"Hi"}),
        ];
        let mut bytes = sse(&events);
        let cut = value(&assemble(Responses, &bytes));
        assert_eq!(cut["output"][0]["content"][0]["text"], "hm");
        assert_eq!(cut["output"][1]["content"][0]["text"], "Hi");
        // Some providers leave the items out of the last event.
        bytes.extend(sse(&[
            json!({"type":"response.completed","response":{"id":"resp_1","status":"completed","usage":{"input_tokens":1,"output_tokens":2}}}),
        ]));
        let done = assemble(Responses, &bytes);
        assert!(done.done);
        assert_eq!(value(&done)["output"][1]["content"][0]["text"], "Hi");
        assert_eq!(value(&done)["status"], "completed");
        assert_eq!(done.body.usage.output_tokens, Some(2));
    }

    #[test]
    fn failures_are_told_from_cuts() {
        let mut events = hello();
        let mut failed = whole("failed");
        failed["error"] = json!({"code":"server_error","message":"the model broke"});
        events.push(json!({"type":"response.failed","response":failed}));
        let assembled = assemble(Responses, &sse(&events));
        assert!(assembled.done);
        assert_eq!(
            assembled.body.failure.as_ref().unwrap().kind,
            "server_error"
        );
        assert_eq!(value(&assembled)["status"], "failed");
        assert_eq!(
            value(&assembled)["output"][1]["content"][0]["text"],
            "Hello",
            "what had come is kept"
        );
        for error in [
            json!({"type":"error","code":"rate_limit_exceeded","message":"slow down","param":null}),
            json!({"type":"error","error":{"code":"rate_limit_exceeded","message":"slow down"}}),
            json!({"error":{"code":"rate_limit_exceeded","message":"slow down"}}),
        ] {
            let failure = assemble(Responses, &sse(&[error])).failure.unwrap();
            assert_eq!(
                (failure.kind.as_str(), failure.message.as_str()),
                ("rate_limit_exceeded", "slow down")
            );
        }
        assert_eq!(assemble(Responses, b"data: {\n\ndata: {}\n\n").malformed, 2);
    }

    #[test]
    fn an_index_beyond_all_measure_costs_nothing() {
        let events = [
            json!({"type":"response.output_text.delta","output_index":u64::MAX,"content_index":9_000_000_000_u64,"delta":"a"}),
            json!({"type":"response.output_item.added","item":{"type":"message"}}),
        ];
        let output = value(&assemble(Responses, &sse(&events)));
        assert!(output.to_string().len() < 500, "{output}");
    }
}
