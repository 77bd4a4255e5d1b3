//! The narrow row of a call: the numbers that filters, sums and sorts need.

use spanloom_core::Outcome;

use super::Code;
use super::id::Id;

/// The part of a call that the board's questions need. Texts are codes of the store's dictionary.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) project: Code,
    pub(crate) stream: Code,
    pub(crate) id: Id,
    pub(crate) trace: Id,
    pub(crate) parent: Option<Id>,
    pub(crate) op_name: Code,
    pub(crate) thread: Option<Code>,
    pub(crate) user: Option<Code>,
    /// `None` for a span that is not a call to a model.
    pub(crate) operation: Option<Code>,
    pub(crate) provider: Option<Code>,
    pub(crate) model: Option<Code>,
    pub(crate) request_model: Option<Code>,
    pub(crate) status: Status,
    pub(crate) outcome: Option<Outcome>,
    pub(crate) streamed: bool,
    pub(crate) usage_estimated: Option<bool>,
    pub(crate) cost_source: Option<Code>,
    /// Nanoseconds since the epoch.
    pub(crate) started_at: i64,
    pub(crate) ended_at: Option<i64>,
    /// Nanoseconds.
    pub(crate) first_chunk: Option<i64>,
    pub(crate) attempts: Option<i64>,
    pub(crate) input_tokens: Option<i64>,
    pub(crate) output_tokens: Option<i64>,
    pub(crate) cached_tokens: Option<i64>,
    pub(crate) reasoning_tokens: Option<i64>,
    /// Nano-dollars.
    pub(crate) cost: Option<i64>,
    /// Whether a span below this one reports tokens. Not stored: it follows from the other rows.
    pub(crate) reported_below: bool,
    /// Path and value of each attribute.
    pub(crate) attributes: Box<[(Code, Code)]>,
    /// The location of the payload.
    pub(crate) frame: i64,
    pub(crate) slot: i64,
}

impl Row {
    /// Returns the codes of texts.
    pub(crate) fn codes(&self) -> impl Iterator<Item = Code> {
        let always = [self.project, self.stream, self.op_name];
        let some = [
            self.thread,
            self.user,
            self.operation,
            self.provider,
            self.model,
            self.request_model,
            self.cost_source,
        ];
        let attributes = self
            .attributes
            .iter()
            .flat_map(|(path, value)| [*path, *value]);
        always
            .into_iter()
            .chain(some.into_iter().flatten())
            .chain(attributes)
    }
}

/// Status of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Success,
    Error,
    Running,
}

impl Status {
    pub(crate) const ALL: [Self; 3] = [Self::Success, Self::Error, Self::Running];

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// Returns the number that the status is stored as.
    pub(crate) const fn number(self) -> u8 {
        self as u8
    }

    pub(crate) fn of(number: u8) -> Self {
        Self::ALL
            .get(usize::from(number))
            .copied()
            .unwrap_or(Self::Success)
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Error => "error",
            Self::Running => "running",
        }
    }
}

impl Row {
    /// The project of a place whose call can no longer be read. No text has this code or the next one.
    pub(super) const LOST: Code = Code::MAX;
    /// The project of a place whose call was deleted.
    pub(super) const DELETED: Code = Code::MAX - 1;

    /// The frame of a place without a call, after all others.
    pub(super) const NO_FRAME: i64 = i64::MAX;

    /// Returns a row for a place whose call can no longer be read.
    pub(super) fn lost() -> Self {
        Self::without_call(Self::LOST)
    }

    /// Returns a row for a place whose call was deleted.
    pub(super) fn deleted() -> Self {
        Self::without_call(Self::DELETED)
    }

    /// Returns a row for a place without a call. It is in no project, so that no question finds it.
    fn without_call(project: Code) -> Self {
        Self {
            project,
            stream: project,
            id: Id::from_bytes(&[]),
            trace: Id::from_bytes(&[]),
            parent: None,
            op_name: project,
            thread: None,
            user: None,
            operation: None,
            provider: None,
            model: None,
            request_model: None,
            status: Status::Success,
            outcome: None,
            streamed: false,
            usage_estimated: None,
            cost_source: None,
            started_at: 0,
            ended_at: None,
            first_chunk: None,
            attempts: None,
            input_tokens: None,
            output_tokens: None,
            cached_tokens: None,
            reasoning_tokens: None,
            cost: None,
            reported_below: false,
            attributes: Box::default(),
            frame: Self::NO_FRAME,
            slot: 0,
        }
    }

    /// Returns whether the ids are those of a span: 8 bytes, unique within a trace of 16.
    pub(super) fn is_span(&self) -> bool {
        let bytes = |id: &Id| id.as_bytes().len();
        bytes(&self.id) == 1 + 8 && bytes(&self.trace) == 1 + 16
    }

    /// Returns whether there is no call.
    pub(super) fn is_hole(&self) -> bool {
        Self::is_no_project(self.project)
    }

    /// Returns whether this is the project of a place without a call.
    pub(super) const fn is_no_project(project: Code) -> bool {
        project >= Self::DELETED
    }

    /// Returns the nanoseconds from start to end.
    pub(crate) fn latency(&self) -> Option<i64> {
        self.ended_at
            .map(|end| end.saturating_sub(self.started_at).max(0))
    }

    pub(crate) fn total_tokens(&self) -> Option<i64> {
        total(self.input_tokens, self.output_tokens)
    }

    /// Returns whether the span was still open at a time, in nanoseconds since the epoch.
    pub(crate) fn is_around(&self, time: i64) -> bool {
        self.ended_at.is_none_or(|end| end > time)
    }

    /// Returns whether the call counts in sums. A span that reports tokens which spans below it report as well is the
    /// same calls again.
    pub(crate) fn counts(&self) -> bool {
        !self.reported_below || self.total_tokens().is_none()
    }

    pub(crate) fn attribute(&self, path: Code) -> Option<Code> {
        self.attributes
            .iter()
            .find_map(|(of, value)| (*of == path).then_some(*value))
    }
}

/// Returns the sum of two counts, if at least one is known.
pub(super) fn total(input: Option<i64>, output: Option<i64>) -> Option<i64> {
    match (input, output) {
        (None, None) => None,
        (input, output) => Some(input.unwrap_or(0).saturating_add(output.unwrap_or(0))),
    }
}
