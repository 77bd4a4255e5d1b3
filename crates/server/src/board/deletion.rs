//! `DELETE /api/calls`: deletes the calls that parameters select, as they do in `GET /api/calls`, and all calls below them.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde_json::json;

use super::parameters::Parameters;
use super::selection::Selection;
use crate::app::App;
use crate::reply::{self, Problem};
use crate::store::question::{self, Until};

/// The maximum number of calls that are selected at a time.
const PAGE: usize = 65_536;

/// Deletes calls that have arrived before the request. What was deleted stays so if the client disconnects.
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Arc::new(Parameters::of_selection(query.as_deref(), &[])?);
    let (end, mut deleted) = (app.store.memory().rows.len(), 0);
    loop {
        let (store, parameters) = (Arc::clone(&app), Arc::clone(&parameters));
        let question = move |until: &Until| {
            let memory = store.store.memory();
            let selection = Selection::read(&parameters, &memory)?;
            if !selection.search().words().is_empty() {
                let reason = "calls cannot be deleted by their content; search for them, and delete by fields";
                return Err(Problem::bad_request(reason));
            }
            // An excluded field that no call has excludes nothing.
            if let Some(field) = selection
                .unknown_fields(selection.search(), &memory, until)?
                .first()
            {
                return Err(Problem::bad_request(format!(
                    "no call has the field {field}"
                )));
            }
            let filter = selection.filter(&memory);
            let mut places = question::places(&memory.rows, &filter, PAGE, until)?;
            drop(filter);
            places.retain(|place| *place < end);
            Ok((memory, places))
        };
        let (memory, places) = app.questions.ask_until(question).await?;
        if places.is_empty() {
            return Ok(reply::json(&json!({"deleted": deleted})));
        }
        deleted += app.delete(memory, places, Vec::new()).await?;
    }
}
