//! `POST /feedback/create`, `/feedback/batch/create` and `/feedback/replace`.

use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::{Request, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use spanloom_core::Timestamp;
use uuid::Uuid;

use super::{annotation, kind, reaction};
use crate::app::App;
use crate::reply::{self, Problem};
use crate::store::{Document, DocumentKind};
use crate::weave::graphql::USER_NAME;
use crate::weave::objects::check_project;
use crate::weave::query;

/// The maximum bytes of a payload, as in W&B's server.
pub(super) const MOST_BYTES: usize = 1 << 20;

/// New feedback, as clients send it.
#[derive(Deserialize)]
pub(super) struct New {
    pub(super) project_id: String,
    pub(super) weave_ref: String,
    pub(super) feedback_type: String,
    pub(super) payload: Map<String, Value>,
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    creator: Option<String>,
    #[serde(default)]
    pub(super) annotation_ref: Option<String>,
    #[serde(default)]
    pub(super) runnable_ref: Option<String>,
    #[serde(default)]
    pub(super) call_ref: Option<String>,
    #[serde(default)]
    pub(super) trigger_ref: Option<String>,
    /// Ratings, tags and other fields of newer clients.
    #[serde(flatten)]
    others: Map<String, Value>,
}

/// The further fields that are stored.
const OTHERS: [&str; 13] = [
    "queue_id",
    "scorer_tags",
    "scorer_tag_reasons",
    "scorer_tag_confidences",
    "scorer_ratings",
    "scorer_rating_reasons",
    "scorer_rating_confidences",
    "span_agent_name",
    "span_agent_version",
    "span_status_code",
    "span_conversation_id",
    "span_trace_id",
    "scorer_trace_id",
];

/// What clients get for new feedback.
#[derive(Serialize)]
pub(super) struct Created {
    id: String,
    created_at: Timestamp,
    wb_user_id: &'static str,
    payload: Map<String, Value>,
}

pub(in crate::weave) async fn create(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let (new, room): (New, _) = query::read_records(&app, request).await?;
    kind::check(&new)?;
    annotation::check(&app, std::slice::from_ref(&new)).await?;
    let project = new.project_id.clone();
    let (feedback, created) = new.made()?;
    put(&app, project, vec![feedback], Vec::new()).await?;
    drop(room);
    Ok(reply::json(&created))
}

async fn put(
    app: &App,
    project: String,
    feedback: Vec<Document>,
    replaced: Vec<String>,
) -> Result<(), Problem> {
    let kind = DocumentKind::Feedback;
    Ok(app
        .store
        .put_documents(kind, project, feedback, replaced)
        .await?)
}

#[derive(Deserialize)]
struct Batch {
    batch: Vec<New>,
}

#[derive(Serialize)]
struct CreatedBatch {
    res: Vec<Created>,
}

/// Stores all feedback of a batch, or none.
pub(in crate::weave) async fn create_batch(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let (Batch { batch }, room): (Batch, _) = query::read_records(&app, request).await?;
    batch.iter().try_for_each(kind::check)?;
    annotation::check(&app, &batch).await?;
    let mut by_project: Vec<(String, Vec<Document>)> = Vec::new();
    let mut res = Vec::new();
    for new in batch {
        let project = new.project_id.clone();
        let (feedback, created) = new.made()?;
        match by_project.last_mut().filter(|(of, _)| *of == project) {
            Some((_, all)) => all.push(feedback),
            None => by_project.push((project, vec![feedback])),
        }
        res.push(created);
    }
    for (project, all) in by_project {
        put(&app, project, all, Vec::new()).await?;
    }
    drop(room);
    Ok(reply::json(&CreatedBatch { res }))
}

#[derive(Deserialize)]
struct Replace {
    feedback_id: String,
    #[serde(flatten)]
    new: New,
}

/// Removes feedback and stores other feedback in its place, under another id.
pub(in crate::weave) async fn replace(
    State(app): State<Arc<App>>,
    request: Request,
) -> Result<Response, Problem> {
    let (replace, room): (Replace, _) = query::read_records(&app, request).await?;
    kind::check(&replace.new)?;
    annotation::check(&app, std::slice::from_ref(&replace.new)).await?;
    let project = replace.new.project_id.clone();
    let (feedback, created) = replace.new.made()?;
    put(&app, project, vec![feedback], vec![replace.feedback_id]).await?;
    drop(room);
    Ok(reply::json(&created))
}

impl New {
    pub(super) fn made(mut self) -> Result<(Document, Created), Problem> {
        check_project(&self.project_id)?;
        if self.feedback_type == kind::REACTION {
            reaction::complete(&mut self.payload)?;
        }
        let payload = serde_json::to_string(&self.payload).unwrap_or_default();
        if payload.len() > MOST_BYTES {
            return Err(Problem::bad_request("Feedback payload too large"));
        }
        let id = self.id.filter(|id| !id.is_empty());
        let id = id.unwrap_or_else(|| Uuid::now_v7().to_string());
        let created_at = Timestamp::from(SystemTime::now());
        let mut fields = Map::new();
        fields.insert("feedback_type".to_owned(), self.feedback_type.into());
        fields.insert("creator".to_owned(), self.creator.into());
        fields.insert("payload".to_owned(), self.payload.clone().into());
        for (name, reference) in [
            ("annotation_ref", self.annotation_ref),
            ("runnable_ref", self.runnable_ref),
            ("call_ref", self.call_ref),
            ("trigger_ref", self.trigger_ref),
        ] {
            fields.insert(name.to_owned(), reference.into());
        }
        let others = self.others.into_iter();
        fields.extend(others.filter(|(name, value)| OTHERS.contains(&&**name) && !is_empty(value)));
        let created = Created {
            id: id.clone(),
            created_at,
            wb_user_id: USER_NAME,
            payload: self.payload,
        };
        let feedback = Document {
            id,
            key: self.weave_ref,
            created_at,
            fields: Value::Object(fields).to_string(),
        };
        Ok((feedback, created))
    }
}

/// Returns whether a value is what clients send for a field that they do not set.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty() || text == "UNSET",
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
