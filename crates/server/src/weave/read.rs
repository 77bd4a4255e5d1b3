//! `POST /call/read`.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::call::{Form, Shown};
use super::lines::Shape;
use super::query;
use crate::app::App;
use crate::body::QUERY;
use crate::reply::{self, Problem};
use crate::store::Id;

#[derive(Deserialize)]
struct Read {
    project_id: String,
    id: String,
    #[serde(flatten)]
    form: Form,
}

#[derive(Serialize)]
struct Found<'a> {
    call: Shown<'a>,
}

pub(super) async fn read(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let read: Read = query::read(&app, request, QUERY).await?;
    let store = Arc::clone(&app);
    let question = move || {
        let memory = store.store.memory();
        let project = memory.dictionary.code(&read.project_id);
        let place = project.and_then(|project| memory.find(project, &Id::new(&read.id)));
        let mut record = None;
        let places: Vec<usize> = place.into_iter().collect();
        store
            .store
            .read(&memory, &places, |_, found| record = Some(found))?;
        let Some(record) = record else {
            return Ok(reply::json(&json!({"call": null})));
        };
        let shape = Shape::read(&store.store, read.project_id, read.form)?;
        let presenter = shape.presenter(&store.store, &memory);
        let call = presenter.show(record)?;
        Ok(reply::json(&Found { call }))
    };
    app.questions.ask(question).await
}
