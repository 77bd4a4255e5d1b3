//! A streamed answer, put together into what it would have been in one piece.
//!
//! | file | what |
//! |---|---|
//! | `choices` | chunks of chat completions and completions |
//! | `responses` | events of the Responses API |
//! | `join` | the visible text, out of pieces that follow each other |
//! | `merge` | pieces of JSON that follow each other |
//! | `piece` | JSON in the making |

mod choices;
mod join;
mod merge;
mod piece;
mod responses;

use self::join::Join;
use super::response::{Body, response};
use super::sse::events;
use crate::json::{Document, Node, Tape};
use crate::{Endpoint, Failure};

/// A stream, read to where it got.
#[derive(Debug, Default)]
pub struct Assembled {
    /// Identity, model, finish reasons and usage, as of an answer in one piece.
    pub body: Body,
    /// The answer as the object it would have been in one piece (`chat.completion`, `text_completion`, `response`);
    /// `None` when no chunk could be read.
    pub completion: Option<String>,
    /// The visible text of all choices, for counting tokens where the provider did not.
    pub text: String,
    /// Whether the stream said that it was complete (`[DONE]`, or the event a response ends with).
    pub done: bool,
    /// An error the provider sent inside the stream.
    pub failure: Option<Failure>,
    /// Events that were no chunk.
    pub malformed: usize,
    /// Where each event ends in the stream, in bytes, but for `[DONE]`.
    pub ends: Vec<usize>,
}

/// What came of one event.
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

/// What is put together, event by event.
trait Assembler {
    /// Takes the data of one event; appends what it says to `text`.
    fn take(&mut self, event: Node<'_>, text: &mut Visible) -> EventOutcome;

    /// The answer so far.
    fn answer(self) -> Option<String>;
}

/// Reads the bytes of an endpoint's stream, whole or cut anywhere, into what the answer was so far.
#[must_use]
pub fn assemble(endpoint: Endpoint, bytes: &[u8]) -> Assembled {
    match endpoint {
        Endpoint::Responses | Endpoint::FetchResponse => {
            run(endpoint, bytes, responses::Response::default())
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
        // Half a character whose other half did not come is none.
        let is_sound = document.root().raw().is_some();
        let sound = (!is_sound).then(|| document.root().written());
        assembled.completion = Some(sound.unwrap_or(answer));
    }
    assembled
}
