//! Files, by their digest: `POST /file/create` and `/file/content`, and the same under `/files`.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use bytes::Bytes;
use multer::Multipart;
use serde::Deserialize;
use serde_json::json;

use super::{digest, objects, query};
use crate::app::App;
use crate::body::{QUERY, RECORDS};
use crate::reply::{self, Problem};

/// The fields of an upload form.
#[derive(Default)]
struct Form {
    project_id: Option<String>,
    expected_digest: Option<String>,
    file: Option<Bytes>,
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let kind = parts
        .headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    let boundary = kind
        .and_then(|kind| multer::parse_boundary(kind).ok())
        .ok_or_else(|| Problem::bad_request("expected multipart/form-data with a boundary"))?;
    let held = app.bodies.read(&parts.headers, body, RECORDS).await?;
    let ((project, digest, file), room) =
        held.parsed(move |bytes| uploaded(bytes, boundary)).await?;
    app.store.put_file(project, digest.clone(), file).await?;
    drop(room);
    Ok(reply::json(&json!({"digest": digest})))
}

/// Returns the project, digest and bytes of the file in a form.
fn uploaded(bytes: &Bytes, boundary: String) -> Result<(String, String, Bytes), Problem> {
    // The whole body is in memory, so nothing waits.
    let read = form(bytes.clone(), boundary);
    let form = futures_util::FutureExt::now_or_never(read)
        .and_then(Result::ok)
        .ok_or_else(|| Problem::bad_request("the form cannot be read"))?;
    let missing = |field: &str| Problem::bad_request(format!("the form has no {field}"));
    let project = form.project_id.ok_or_else(|| missing("project_id"))?;
    let file = form.file.ok_or_else(|| missing("file"))?;
    objects::check_project(&project)?;
    let digest = digest::of_bytes(&file);
    if form
        .expected_digest
        .is_some_and(|expected| expected != digest)
    {
        let reason = format!("the file's digest is {digest}, not the expected one");
        return Err(Problem::new(StatusCode::CONFLICT, reason));
    }
    Ok((project, digest, file))
}

async fn form(bytes: Bytes, boundary: String) -> multer::Result<Form> {
    let whole = futures_util::stream::once(async { Ok::<_, Infallible>(bytes) });
    let mut fields = Multipart::new(whole, boundary);
    let mut form = Form::default();
    while let Some(field) = fields.next_field().await? {
        match field.name() {
            Some("project_id") => form.project_id = Some(field.text().await?),
            Some("expected_digest") => form.expected_digest = Some(field.text().await?),
            Some("file") => form.file = Some(field.bytes().await?),
            _ => {}
        }
    }
    Ok(form)
}

#[derive(Deserialize)]
struct Content {
    project_id: String,
    digest: String,
}

pub(super) async fn content(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let place = app.stream()?;
    let content: Content = query::read(&app, request, QUERY).await?;
    let store = Arc::clone(&app);
    let question = move || Ok(store.store.file(&content.project_id, &content.digest)?);
    match app.questions.ask(question).await? {
        Some(file) => Ok(reply::held(
            reply::typed("application/octet-stream", file),
            place,
        )),
        None => Err(Problem::not_found("there is no such file in this project")),
    }
}
