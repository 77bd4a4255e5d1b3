//! A batch of records that are stored together, prepared by the caller.

use std::collections::HashMap;
use std::io;

use spanloom_core::Record;

use super::draft::Draft;
use super::frame::Packer;
use super::{CallEnd, frame, merge};

/// Calls with their payloads compressed, ready to be written.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) calls: Vec<Call>,
    pub(super) frames: Vec<Vec<u8>>,
    /// Ends that arrived without their start.
    pub(super) ends: Vec<CallEnd>,
    pub(super) bytes: usize,
}

impl Batch {
    /// Compresses the payloads on the caller's thread, so that the writer only writes.
    pub(super) fn prepare(records: Vec<Record>, ends: Vec<CallEnd>) -> io::Result<Self> {
        let (records, ends) = (once(records), once_ended(ends));
        let payloads: Vec<String> = records.iter().map(payload).collect::<io::Result<_>>()?;
        let bytes = payloads.iter().map(String::len).sum::<usize>()
            + ends.iter().map(CallEnd::bytes).sum::<usize>();
        let mut packer = Packer::new()?;
        let frames = payloads
            .chunks(frame::CALLS)
            .map(|chunk| packer.pack(chunk.iter().map(String::as_str)))
            .collect::<io::Result<_>>()?;
        let calls = records.iter().zip(payloads).map(|(record, payload)| Call {
            draft: Draft::of(record),
            payload,
        });
        Ok(Self {
            calls: calls.collect(),
            frames,
            ends,
            bytes,
        })
    }
}

fn payload(record: &Record) -> io::Result<String> {
    String::from_utf8(record.to_json()?).map_err(io::Error::other)
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
        serde_json::from_str(&self.payload)
            .map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
    }
}

/// Returns each call once: duplicates in a batch are merged here, so that the writer need not read back its writes. Spans
/// with one id in two traces are two calls.
fn once(records: Vec<Record>) -> Vec<Record> {
    let mut places: HashMap<(String, String, String, String), usize> = HashMap::new();
    let mut each: Vec<Option<Record>> = Vec::with_capacity(records.len());
    for record in records {
        let stream = &record.stream;
        let key = (
            stream.entity.clone(),
            stream.project.clone(),
            record.id.clone(),
            trace(&record).to_owned(),
        );
        let place = *places.entry(key).or_insert(each.len());
        match each.get_mut(place).map(|known| (known.take(), known)) {
            Some((Some(earlier), known)) => *known = Some(merge::merge(earlier, record)),
            Some((None, known)) => *known = Some(record),
            None => each.push(Some(record)),
        }
    }
    each.into_iter().flatten().collect()
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

fn once_ended(ends: Vec<CallEnd>) -> Vec<CallEnd> {
    let mut each: HashMap<(String, String), CallEnd> = HashMap::new();
    for end in ends {
        let key = (end.project_id.clone(), end.id.clone());
        let end = match each.remove(&key) {
            Some(earlier) => end.over(earlier),
            None => end,
        };
        each.insert(key, end);
    }
    each.into_values().collect()
}
