//! Calls as lines of JSON, in pages: a page is read once the previous page has been taken, so that a slow client holds
//! only the page that it is taking.

use std::sync::Arc;

use bytes::Bytes;
use spanloom_core::Record;

use super::call::{Form, Presenter, ProjectPrices, Shown};
use crate::app::App;
use crate::reply::{Broken, Problem};
use crate::store::{Memory, Store};

/// The bytes at which a page is full.
const PAGE_BYTES: usize = 256 << 10;
/// The maximum number of calls read from the file at a time: as many as in a frame.
const GROUP: usize = 32;

/// The unsent part of an answer.
pub(super) struct Lines {
    app: Arc<App>,
    memory: Arc<Memory>,
    /// Row numbers, which are small: there may be a million for each slow client.
    places: Arc<[u32]>,
    sent: usize,
    shape: Arc<Shape>,
}

/// The form in which calls of a project are written.
pub(super) struct Shape {
    project: String,
    form: Form,
    prices: ProjectPrices,
}

impl Shape {
    /// Reads the prices that the form needs. Blocks on the disk.
    pub(super) fn read(store: &Store, project: String, form: Form) -> Result<Self, Problem> {
        let prices = form.prices(store, &project)?;
        Ok(Self {
            project,
            form,
            prices,
        })
    }

    pub(super) fn presenter<'a>(&'a self, store: &'a Store, memory: &'a Memory) -> Presenter<'a> {
        Presenter::new(store, memory, &self.form, &self.project, &self.prices)
    }
}

impl Lines {
    pub(super) fn new(
        app: Arc<App>,
        memory: Arc<Memory>,
        places: Vec<usize>,
        shape: Shape,
    ) -> Self {
        let number = |place: usize| u32::try_from(place).ok();
        Self {
            app,
            memory,
            places: places.into_iter().filter_map(number).collect(),
            sent: 0,
            shape: Arc::new(shape),
        }
    }

    /// Returns the next page, or `None` after the last.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, Broken>> {
        if self.sent >= self.places.len() {
            return None;
        }
        let (app, memory) = (Arc::clone(&self.app), Arc::clone(&self.memory));
        let (places, shape, from) = (Arc::clone(&self.places), Arc::clone(&self.shape), self.sent);
        let question = move || {
            page(
                &app,
                &memory,
                places.get(from..).unwrap_or_default(),
                &shape,
            )
        };
        let page = self.app.questions.ask(question).await;
        // Nothing is sent after a page that cannot be read.
        let (lines, calls) = match page {
            Ok((lines, calls)) => (Ok(lines), calls),
            Err(_) => (Err(Broken), self.places.len()),
        };
        self.sent = self.sent.saturating_add(calls);
        Some(lines)
    }
}

/// Returns the lines of one page and the number of calls in it.
fn page(
    app: &App,
    memory: &Memory,
    places: &[u32],
    shape: &Shape,
) -> Result<(Bytes, usize), Problem> {
    let presenter = shape.presenter(&app.store, memory);
    let mut lines = Vec::new();
    let mut calls = 0;
    // Start with one call: the size of the calls is unknown.
    let mut size = 1;
    while let Some(rest) = places.get(calls..).filter(|rest| !rest.is_empty()) {
        let group = rest.get(..size.min(rest.len())).unwrap_or(rest);
        let mut records: Vec<Option<Record>> = group.iter().map(|_| None).collect();
        let rows: Vec<usize> = group
            .iter()
            .filter_map(|place| usize::try_from(*place).ok())
            .collect();
        app.store.read(memory, &rows, |index, record| {
            if let Some(place) = records.get_mut(index) {
                *place = Some(record);
            }
        })?;
        for record in records {
            calls += 1;
            if let Some(record) = record {
                write(&presenter.show(record)?, &mut lines);
            }
            // Feedback may make a call larger than it was read. The others are read again.
            if lines.len() >= PAGE_BYTES {
                break;
            }
        }
        size = (2 * size).min(GROUP);
        if lines.len() >= PAGE_BYTES {
            break;
        }
    }
    Ok((lines.into(), calls))
}

fn write(call: &Shown<'_>, lines: &mut Vec<u8>) {
    let start = lines.len();
    // Writing to memory does not fail.
    drop(serde_json::to_writer(&mut *lines, call));
    // JSON text has line breaks only where its writer put them between values, and a call is one line.
    for byte in lines.iter_mut().skip(start) {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    lines.push(b'\n');
}
