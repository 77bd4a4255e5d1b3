//! An answer in one piece, however it came.

use spanloom_core::json::Node;
use spanloom_core::openai::{self, Assembled, Body};
use spanloom_core::{Endpoint, Failure};

use crate::observation::Answer;

/// An answer in one piece.
#[derive(Debug, Default)]
pub(super) struct Whole<'a> {
    /// A stream's events put together, or what the end of an answer said that was not kept whole.
    assembled: Option<Assembled>,
    /// As it came.
    bytes: &'a [u8],
}

impl<'a> Whole<'a> {
    pub(super) fn of(endpoint: Endpoint, answer: &'a Answer) -> Self {
        let is_cut = answer.dropped_bytes > 0 && answer.status < 400;
        let assembled = match (is_cut, answer.streamed) {
            (true, streamed) => Some(openai::tail(endpoint, &answer.body, streamed)),
            (false, true) => Some(openai::assemble(endpoint, &answer.body)),
            (false, false) => None,
        };
        Self {
            assembled,
            bytes: &answer.body,
        }
    }

    /// Its JSON; empty when there is none.
    pub(super) fn body(&self) -> &[u8] {
        match &self.assembled {
            Some(assembled) => assembled
                .completion
                .as_deref()
                .unwrap_or_default()
                .as_bytes(),
            None => self.bytes,
        }
    }

    /// Where the chunks of a stream end, in bytes.
    pub(super) fn ends(&self) -> &[usize] {
        let assembled = self.assembled.as_ref();
        assembled.map_or(&[], |assembled| &assembled.ends)
    }

    pub(super) fn parse_answer(
        &self,
        endpoint: Endpoint,
        status: u16,
        body: Node<'_>,
    ) -> ParsedAnswer<'_> {
        if let Some(assembled) = &self.assembled {
            return ParsedAnswer {
                body: assembled.body.clone(),
                text: &assembled.text,
                done: assembled.done,
                failure: assembled.failure.clone(),
            };
        }
        let failure = (status >= 400).then(|| {
            let status = status.to_string();
            openai::failure(body, &status).unwrap_or(Failure {
                kind: status,
                message: String::new(),
            })
        });
        ParsedAnswer {
            body: openai::response(endpoint, body),
            text: "",
            done: false,
            failure,
        }
    }
}

/// An answer, understood.
pub(super) struct ParsedAnswer<'a> {
    pub(super) body: Body,
    /// What of a stream is visible.
    pub(super) text: &'a str,
    /// Whether it said that it was complete.
    pub(super) done: bool,
    pub(super) failure: Option<Failure>,
}
