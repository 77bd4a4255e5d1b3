//! Assembles a streamed answer into the answer it would have been in one piece.
//!
//! | file | what |
//! |---|---|
//! | `choices` | chunks of chat completions and completions |
//! | `responses` | events of the Responses API |
//! | `calls` | the tool calls of a message, distinguished |
//! | `usage` | the usage, wherever a provider puts it |
//! | `join` | the visible text, joined from consecutive pieces |
//! | `merge` | consecutive pieces of JSON, merged |
//! | `piece` | JSON under construction |

mod calls;
mod choices;
mod join;
mod merge;
mod piece;
mod responses;
mod usage;

use self::join::Join;
use super::response::{Body, response};
use super::sse::events;
use crate::json::{Document, Node, Tape};
use crate::{Endpoint, Failure};

/// An answer assembled from a stream, as far as the stream got.
#[derive(Debug, Default)]
pub struct Assembled {
    /// Identity, model, finish reasons and usage, as read from an answer in one piece.
    pub body: Body,
    /// The answer as the object it would have been in one piece (`chat.completion`, `text_completion`, `response`);
    /// `None` when no chunk could be read.
    pub completion: Option<String>,
    /// The visible text of all choices, for counting tokens when the provider did not count them.
    pub text: String,
    /// Whether the stream was marked as complete (by `[DONE]`, or by the event that ends a response).
    pub done: bool,
    /// An error the provider sent inside the stream.
    pub failure: Option<Failure>,
    /// The number of events that were not chunks.
    pub malformed: usize,
    /// The byte offset at which each event ends in the stream, except for `[DONE]`.
    pub ends: Vec<usize>,
}

/// The outcome of one event.
enum EventOutcome {
    Chunk,
    Done,
    Failed(Failure),
    Malformed,
}

/// The visible text of an answer.
#[derive(Debug, Default)]
struct Visible {
    text: String,
    join: Join,
}

impl Visible {
    fn push(&mut self, piece: Node<'_>) {
        self.join.push(&mut self.text, piece);
    }
}

/// An answer that is assembled event by event.
trait Assembler {
    /// Takes the data of one event and appends its visible text to `text`.
    fn take(&mut self, event: Node<'_>, text: &mut Visible) -> EventOutcome;

    /// Returns the answer so far.
    fn answer(self) -> Option<String>;
}

/// Reads the bytes of an endpoint's stream, whole or cut anywhere, into the answer so far.
#[must_use]
pub fn assemble(endpoint: Endpoint, bytes: &[u8]) -> Assembled {
    match endpoint {
        Endpoint::Responses | Endpoint::FetchResponse => {
            run(endpoint, bytes, responses::ResponsesAssembler::default())
        }
        Endpoint::Completions => run(endpoint, bytes, choices::Choices::of("text_completion")),
        Endpoint::ChatCompletions | Endpoint::Embeddings => {
            run(endpoint, bytes, choices::Choices::of("chat.completion"))
        }
    }
}

fn run(endpoint: Endpoint, bytes: &[u8], mut parts: impl Assembler) -> Assembled {
    let mut assembled = Assembled::default();
    let (mut visible, mut tape) = (Visible::default(), Tape::default());
    for event in events(bytes) {
        if event.is_done() {
            assembled.done = true;
            break;
        }
        assembled.ends.push(event.end);
        let document = Document::read_on(tape, &event.data);
        let step = match document.is_whole() && document.root().is_object() {
            true => parts.take(document.root(), &mut visible),
            false => EventOutcome::Malformed,
        };
        match step {
            EventOutcome::Chunk => {}
            EventOutcome::Done => {
                assembled.done = true;
                break;
            }
            EventOutcome::Failed(failure) => assembled.failure = Some(failure),
            EventOutcome::Malformed => assembled.malformed += 1,
        }
        tape = document.into_tape();
    }
    assembled.text = visible.text;
    if let Some(answer) = parts.answer() {
        let document = Document::read(answer.as_bytes());
        assembled.body = response(endpoint, document.root());
        // Half a character without its other half is not a character.
        let is_sound = document.root().raw().is_some();
        let sound = (!is_sound).then(|| document.root().to_json_string());
        assembled.completion = Some(sound.unwrap_or(answer));
    }
    assembled
}
