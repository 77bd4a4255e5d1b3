//! `GET /api/export`: all selected calls as a file, page by page, so that neither the number of calls nor a slow client takes
//! memory.
//!
//! | file | what |
//! |---|---|
//! | `format` | the form of the file, and what has been written of it |
//! | `line` | a call as a line of JSON |
//! | `csv` | as a row of a table |
//! | `parquet` | as a row of a Parquet file |

mod csv;
mod format;
mod line;
mod parquet;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_DISPOSITION;
use axum::response::Response;
use bytes::Bytes;

use format::{Format, Writer};

use super::parameters::Parameters;
use super::scope::Scope;
use crate::app::App;
use crate::reply::{self, Broken, Problem};
use crate::store::Memory;
use crate::store::question::{self, Until};

/// The most calls that are read at a time.
const GROUP: usize = 64;

/// The header with the number of calls.
const TOTAL: &str = "x-total-count";

pub(super) async fn export(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let place = app.stream()?;
    let parameters = Parameters::of_selection(query.as_deref(), &["format"])?;
    let format = Format::read(&parameters)?;
    let scope = Scope::of(&app, &parameters).await?;
    if !scope.is_complete() {
        let reason =
            "the search for words did not reach all calls; narrow the range or the filters";
        return Err(Problem::bad_request(reason));
    }
    let question = move |until: &Until| {
        let places = question::places(&scope.memory.rows, &scope.filter(), usize::MAX, until)?;
        let number = |place: usize| u32::try_from(place).ok();
        let places: Arc<[u32]> = places.into_iter().filter_map(number).collect();
        Ok((scope.memory.clone(), places))
    };
    let (memory, places) = app.questions.ask_until(question).await?;
    let total = places.len();
    let rest = Rest {
        app,
        memory,
        places,
        sent: 0,
        format,
        stage: Stage::Start,
    };
    let stream = futures_util::stream::unfold((rest, place), |(mut rest, place)| async {
        let page = rest.next().await?;
        Some((page, (rest, place)))
    });
    let mut response = reply::typed(format.media_type(), Body::from_stream(stream));
    let headers = response.headers_mut();
    let disposition = HeaderValue::from_static(format.disposition());
    headers.insert(CONTENT_DISPOSITION, disposition);
    headers.insert(TOTAL, total.into());
    Ok(response)
}

/// The part of an answer that has not been sent.
struct Rest {
    app: Arc<App>,
    memory: Arc<Memory>,
    places: Arc<[u32]>,
    /// The number of calls that were sent.
    sent: usize,
    format: Format,
    stage: Stage,
}

/// How far a file is.
enum Stage {
    Start,
    Within(Writer),
    End,
}

/// A page of a file: its bytes, the number of its calls, and how far the file is after it.
type Page = (Bytes, usize, Stage);

impl Rest {
    /// Returns the next page; `None` after the last.
    async fn next(&mut self) -> Option<Result<Bytes, Broken>> {
        let stage = std::mem::replace(&mut self.stage, Stage::End);
        if matches!(stage, Stage::End) {
            return None;
        }
        let (app, memory) = (Arc::clone(&self.app), Arc::clone(&self.memory));
        let places = Arc::clone(&self.places);
        let (format, from) = (self.format, self.sent);
        let question = move || {
            let rest = places.get(from..).unwrap_or_default();
            page(&app, &memory, rest, format, stage)
        };
        // Nothing is sent after a page that cannot be read.
        let (bytes, calls, stage) = self.app.questions.ask(question).await.map_or_else(
            |_| (Err(Broken), 0, Stage::End),
            |(bytes, calls, stage)| (Ok(bytes), calls, stage),
        );
        self.sent = from.saturating_add(calls);
        self.stage = stage;
        Some(bytes)
    }
}

/// Returns one page.
fn page(
    app: &App,
    memory: &Memory,
    places: &[u32],
    format: Format,
    stage: Stage,
) -> Result<Page, Problem> {
    let (mut writer, mut bytes) = match stage {
        Stage::Within(writer) => (writer, Vec::new()),
        Stage::Start | Stage::End => Writer::start(format)?,
    };
    let (mut lines, mut size, mut calls) = (Vec::new(), 0, 0);
    // Start with one call: the size of the calls is unknown.
    let mut group = 1;
    while let Some(rest) = places.get(calls..).filter(|rest| !rest.is_empty()) {
        let next = rest.iter().take(group);
        let next = next.filter_map(|place| usize::try_from(*place).ok());
        let next: Vec<usize> = next.collect();
        let read = line::read(app, memory, &next)?;
        size += read.iter().map(line::Line::size).sum::<usize>();
        lines.extend(read);
        calls += next.len();
        group = (2 * group).min(GROUP);
        if size >= format.page_bytes() {
            break;
        }
    }
    bytes.extend(writer.write(lines)?);
    if calls < places.len() {
        return Ok((bytes.into(), calls, Stage::Within(writer)));
    }
    bytes.extend(writer.finish()?);
    Ok((bytes.into(), calls, Stage::End))
}
