//! An answer in one piece, streamed or not.

use spanloom_core::json::Document;
use spanloom_core::openai::{self, Assembled, Body};
use spanloom_core::{Endpoint, Failure};

use crate::observation::Answer;

/// An answer in one piece.
#[derive(Debug, Default)]
pub(super) struct Whole<'a> {
    /// The assembled events of a stream, or the data in the kept end of a cut answer.
    assembled: Option<Assembled>,
    /// The bytes as received.
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

    /// Returns the answer's JSON, or an empty slice if there is none.
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

    /// Returns the byte offsets at which the chunks of a stream end.
    pub(super) fn ends(&self) -> &[usize] {
        let assembled = self.assembled.as_ref();
        assembled.map_or(&[], |assembled| &assembled.ends)
    }

    pub(super) fn parse_answer(
        &self,
        endpoint: Endpoint,
        status: u16,
        body: &Document<'_>,
    ) -> ParsedAnswer<'_> {
        if let Some(assembled) = &self.assembled {
            return ParsedAnswer {
                body: assembled.body.clone(),
                text: &assembled.text,
                done: assembled.done,
                failure: assembled.failure.clone(),
                missing: None,
            };
        }
        let root = body.root();
        let refused = (status >= 400).then(|| {
            let status = status.to_string();
            openai::failure(root, &status).unwrap_or(Failure {
                kind: status,
                message: String::new(),
            })
        });
        // The failure of a fetched response is that of its original call.
        let is_fetch = endpoint == Endpoint::FetchResponse;
        let stated = || openai::stated(root, "provider_error").filter(|_| !is_fetch);
        let failure = refused.or_else(stated);
        let is_success = (200..300).contains(&status) && failure.is_none();
        ParsedAnswer {
            body: openai::response(endpoint, root),
            text: "",
            done: false,
            failure,
            missing: is_success
                .then(|| openai::missing(endpoint, body))
                .flatten(),
        }
    }
}

/// A parsed answer.
pub(super) struct ParsedAnswer<'a> {
    pub(super) body: Body,
    /// The visible text of a stream.
    pub(super) text: &'a str,
    /// Whether the stream marked its end.
    pub(super) done: bool,
    pub(super) failure: Option<Failure>,
    /// Why the whole body is not an answer.
    pub(super) missing: Option<Failure>,
}
