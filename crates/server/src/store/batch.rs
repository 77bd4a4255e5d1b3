//! A batch of records that are stored together, prepared by the caller.

use std::borrow::Cow;
use std::io;

use hashbrown::{HashMap, HashSet};
use spanloom_core::Record;

use super::draft::Draft;
use super::frame::{Frame, Packer};
use super::incoming::Incoming;
use super::repeats::{Epoch, NewText, NewTexts, Repeats};
use super::{CallChange, frame, merge, payload};

/// Calls with their payloads compressed, ready to be written.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) calls: Vec<Call>,
    pub(super) frames: Vec<Frame>,
    /// The epoch of the texts that are left out of the frames.
    pub(super) epoch: Epoch,
    /// Texts that later batches leave out of their payloads.
    pub(super) texts: Vec<NewText>,
    /// What changes calls that are not in the batch.
    pub(super) changes: Vec<CallChange>,
    pub(super) bytes: usize,
}

impl Batch {
    /// Compresses the payloads on the caller's thread, so that the writer only writes.
    pub(super) fn prepare(
        calls: Vec<Incoming>,
        changes: Vec<CallChange>,
        repeats: &Repeats,
    ) -> io::Result<Self> {
        let (calls, changes) = (once(calls), once_changed(changes));
        let payloads: Vec<String> = calls
            .iter()
            .map(payload::write)
            .collect::<io::Result<_>>()?;
        let bytes = payloads.iter().map(String::len).sum::<usize>()
            + changes.iter().map(CallChange::bytes).sum::<usize>();
        let calls = calls.into_iter().zip(payloads).map(|(call, payload)| Call {
            draft: Draft::new(call),
            payload,
        });
        let calls: Vec<Call> = calls.collect();
        let (mut texts, epoch) = (NewTexts::default(), repeats.epoch());
        let mut packer = Packer::new()?;
        let frames = calls.chunks(frame::CALLS).map(|chunk| {
            let left = chunk.iter().map(|call| {
                let project = call.draft.project();
                repeats.cut(epoch, project, &call.payload, &mut texts)
            });
            let left: Vec<Cow<'_, str>> = left.collect();
            Frame::pack(&mut packer, left.iter().map(AsRef::as_ref))
        });
        let frames = frames.collect::<io::Result<_>>()?;
        Ok(Self {
            epoch,
            calls,
            texts: texts.packed(&mut packer)?,
            frames,
            changes,
            bytes,
        })
    }

    /// Returns the frames with nothing left out.
    pub(super) fn whole_frames(&self, packer: &mut Packer) -> io::Result<Vec<Frame>> {
        let chunks = self.calls.chunks(frame::CALLS);
        let frames =
            chunks.map(|chunk| Frame::pack(packer, chunk.iter().map(|call| call.payload.as_str())));
        frames.collect()
    }
}

/// A call of a batch.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) draft: Draft,
    payload: String,
}

impl Call {
    /// Returns the call's record. It is read again for the few calls that are known already: to drop the records of all
    /// others would cost the writer more than to write them.
    pub(super) fn record(&self) -> rusqlite::Result<Record> {
        let unread = || io::Error::other("the payload of a call cannot be read");
        payload::read(&self.payload, |_| None)
            .map(|(record, _)| record)
            .ok_or_else(|| rusqlite::Error::ToSqlConversionFailure(unread().into()))
    }
}

/// Returns each call once: duplicates in a batch are merged here, so that the writer need not read back its writes. Spans
/// with one id in two traces are two calls.
fn once(calls: Vec<Incoming>) -> Vec<Incoming> {
    if !has_duplicates(&calls) {
        return calls;
    }
    let mut places: HashMap<[String; 4], usize> = HashMap::new();
    let mut each: Vec<Option<Incoming>> = Vec::with_capacity(calls.len());
    for call in calls {
        let key = identity(&call).map(str::to_owned);
        let place = *places.entry(key).or_insert(each.len());
        match each.get_mut(place).map(|known| (known.take(), known)) {
            Some((Some(earlier), known)) => {
                let merged = merge::merge(earlier.into_record(), call.into_record());
                *known = Some(merged.into());
            }
            Some((None, known)) => *known = Some(call),
            None => each.push(Some(call)),
        }
    }
    each.into_iter().flatten().collect()
}

fn has_duplicates(calls: &[Incoming]) -> bool {
    let mut seen = HashSet::with_capacity(calls.len());
    !calls.iter().all(|call| seen.insert(identity(call)))
}

/// Returns what two parts of one call have in common: project, id and, of spans, the trace.
fn identity(call: &Incoming) -> [&str; 4] {
    let record = call.record();
    let stream = &record.stream;
    [&stream.entity, &stream.project, &record.id, trace(record)]
}

/// Returns the trace within which a record's id is unique; nothing for the ids of other clients.
fn trace(record: &Record) -> &str {
    match is_span(record) {
        true => &record.trace_id,
        false => "",
    }
}

/// Returns whether a record is a span, whose id is unique within its trace only.
pub(super) fn is_span(record: &Record) -> bool {
    const SPAN_ID: usize = 16;
    const TRACE_ID: usize = 32;
    record.id.len() == SPAN_ID && record.trace_id.len() == TRACE_ID
}

fn once_changed(changes: Vec<CallChange>) -> Vec<CallChange> {
    let mut each: HashMap<(String, String), CallChange> = HashMap::new();
    for change in changes {
        let key = (change.project_id.clone(), change.id.clone());
        let change = match each.remove(&key) {
            Some(earlier) => change.over(earlier),
            None => change,
        };
        each.insert(key, change);
    }
    each.into_values().collect()
}
