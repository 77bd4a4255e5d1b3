//! Tags and aliases of versions. A version has any number of tags; an alias names one version of an object.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::SystemTime;

use axum::extract::{Path, RawQuery, Request, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::json;
use spanloom_core::Timestamp;

use super::{check_project, find};
use crate::app::App;
use crate::body::QUERY;
use crate::reply::{self, Problem};
use crate::store::{Document, DocumentKind, Store, Version};
use crate::weave::query;

/// The alias of the newest version.
const LATEST: &str = "latest";
/// The maximum characters of a tag and of an alias, as in W&B's API.
const LONGEST_TAG: usize = 256;
const LONGEST_ALIAS: usize = 128;

/// The labels of a project's versions.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    /// By `NAME:DIGEST`.
    tags: HashMap<String, BTreeSet<String>>,
    /// By `NAME:DIGEST` as well.
    aliases: HashMap<String, BTreeSet<String>>,
}

/// What is stored of a label.
#[derive(Deserialize, Serialize)]
struct Stored {
    label: String,
    digest: String,
}

impl Labels {
    /// Reads the labels of a project. Blocks on the disk.
    pub(crate) fn read(store: &Store, project: &str) -> Result<Self, Problem> {
        let mut labels = Self::default();
        labels.read_kind(store, project, DocumentKind::Tag, None)?;
        labels.read_kind(store, project, DocumentKind::Alias, None)?;
        Ok(labels)
    }

    fn read_kind(
        &mut self,
        store: &Store,
        project: &str,
        kind: DocumentKind,
        key: Option<&str>,
    ) -> Result<(), Problem> {
        store.documents(kind, project, key, |document| {
            let stored = serde_json::from_str::<Stored>(&document.fields);
            if let Ok(Stored { label, digest }) = stored {
                let (labels, version) = match kind {
                    DocumentKind::Alias => {
                        (&mut self.aliases, format!("{}:{digest}", document.key))
                    }
                    _ => (&mut self.tags, document.key),
                };
                labels.entry(version).or_default().insert(label);
            }
            true
        })?;
        Ok(())
    }

    /// Reads the labels of a version. Blocks on the disk.
    pub(super) fn of(store: &Store, project: &str, version: &Version) -> Result<Self, Problem> {
        let mut labels = Self::default();
        let of_version = key(&version.name, &version.digest);
        labels.read_kind(store, project, DocumentKind::Tag, Some(&of_version))?;
        labels.read_kind(store, project, DocumentKind::Alias, Some(&version.name))?;
        Ok(labels)
    }

    /// Returns the tags of a version, sorted.
    pub(crate) fn tags(&self, version: &Version) -> Vec<String> {
        let tags = self.tags.get(&key(&version.name, &version.digest));
        tags.into_iter().flatten().cloned().collect()
    }

    /// Returns the aliases of a version, `latest` first.
    pub(crate) fn aliases(&self, version: &Version) -> Vec<String> {
        let latest = version.is_latest.then(|| LATEST.to_owned());
        let own = self.aliases.get(&key(&version.name, &version.digest));
        latest
            .into_iter()
            .chain(own.into_iter().flatten().cloned())
            .collect()
    }
}

fn key(name: &str, digest: &str) -> String {
    format!("{name}:{digest}")
}

/// Returns the digest of the version that an alias names.
pub(super) fn aliased(
    store: &Store,
    project: &str,
    name: &str,
    alias: &str,
) -> Result<Option<String>, Problem> {
    let mut found = None;
    store.documents(DocumentKind::Alias, project, Some(name), |document| {
        let stored: Option<Stored> = serde_json::from_str(&document.fields).ok();
        found = stored
            .filter(|stored| stored.label == alias)
            .map(|stored| stored.digest);
        found.is_none()
    })?;
    Ok(found)
}

#[derive(Deserialize)]
struct Tags {
    project_id: String,
    tags: Vec<String>,
}

#[derive(Deserialize)]
struct Aliases {
    project_id: String,
    #[serde(default)]
    digest: Option<String>,
    aliases: Vec<String>,
}

pub(in crate::weave) async fn add_tags(
    State(app): State<Arc<App>>,
    Path((name, digest)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let Tags { project_id, tags } = query::read(&app, request, QUERY).await?;
    tags.iter().try_for_each(|tag| check_tag(tag))?;
    let digest = version(&app, &project_id, &name, &digest).await?;
    let of_version = key(&name, &digest);
    let document = |label: String| {
        document(
            format!("{of_version}\n{label}"),
            &of_version,
            label,
            &digest,
        )
    };
    let documents = tags.into_iter().map(document).collect();
    put(&app, DocumentKind::Tag, project_id, documents).await
}

pub(in crate::weave) async fn remove_tags(
    State(app): State<Arc<App>>,
    Path((name, digest)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let Tags { project_id, tags } = query::read(&app, request, QUERY).await?;
    let of_version = key(&name, &digest);
    let ids = tags
        .iter()
        .map(|tag| format!("{of_version}\n{tag}"))
        .collect();
    remove(&app, DocumentKind::Tag, project_id, ids).await
}

/// Names a version; a name that another version of the object has moves to it.
pub(in crate::weave) async fn set_aliases(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let set: Aliases = query::read(&app, request, QUERY).await?;
    set.aliases
        .iter()
        .try_for_each(|alias| check_alias(alias))?;
    let digest = set.digest.unwrap_or_default();
    let digest = version(&app, &set.project_id, &name, &digest).await?;
    let document = |label: String| document(format!("{name}\n{label}"), &name, label, &digest);
    let documents = set.aliases.into_iter().map(document).collect();
    put(&app, DocumentKind::Alias, set.project_id, documents).await
}

pub(in crate::weave) async fn remove_aliases(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let aliases: Aliases = query::read(&app, request, QUERY).await?;
    let ids = aliases
        .aliases
        .iter()
        .map(|alias| format!("{name}\n{alias}"))
        .collect();
    remove(&app, DocumentKind::Alias, aliases.project_id, ids).await
}

/// Returns the parameter `project_id` of a query string.
fn project(query: Option<&str>) -> Result<String, Problem> {
    let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let found = pairs.find(|(name, _)| name == "project_id");
    found
        .map(|(_, project)| project.into_owned())
        .ok_or_else(|| Problem::bad_request("the parameter project_id is missing"))
}

/// Lists the tags of a project.
pub(in crate::weave) async fn tags(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let tags = labels(&app, DocumentKind::Tag, project(query.as_deref())?).await?;
    Ok(reply::json(&json!({"tags": tags})))
}

/// Lists the aliases of a project.
pub(in crate::weave) async fn aliases(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let aliases = labels(&app, DocumentKind::Alias, project(query.as_deref())?).await?;
    Ok(reply::json(&json!({"aliases": aliases})))
}

async fn labels(
    app: &Arc<App>,
    kind: DocumentKind,
    project: String,
) -> Result<BTreeSet<String>, Problem> {
    let store = Arc::clone(app);
    let question = move || {
        let mut labels = BTreeSet::new();
        store.store.documents(kind, &project, None, |document| {
            let stored: Option<Stored> = serde_json::from_str(&document.fields).ok();
            labels.extend(stored.map(|stored| stored.label));
            true
        })?;
        Ok(labels)
    };
    app.questions.ask(question).await
}

/// Returns the digest of a version that is there.
async fn version(
    app: &Arc<App>,
    project: &str,
    name: &str,
    digest: &str,
) -> Result<String, Problem> {
    check_project(project)?;
    let (project, name, digest) = (project.to_owned(), name.to_owned(), digest.to_owned());
    let store = Arc::clone(app);
    let question = move || {
        let found = find(&store.store, &project, &name, &digest, None)?;
        let found = found.filter(|version| version.deleted_at.is_none());
        let missing = || Problem::not_found(format!("Object version {name}:{digest} not found"));
        found.map(|version| version.digest).ok_or_else(missing)
    };
    app.questions.ask(question).await
}

fn document(id: String, key: &str, label: String, digest: &str) -> Document {
    let digest = digest.to_owned();
    Document {
        id,
        key: key.to_owned(),
        created_at: Timestamp::from(SystemTime::now()),
        fields: json!(Stored { label, digest }).to_string(),
    }
}

async fn put(
    app: &App,
    kind: DocumentKind,
    project: String,
    documents: Vec<Document>,
) -> Result<Response, Problem> {
    app.store
        .put_documents(kind, project, documents, Vec::new())
        .await?;
    Ok(reply::json(&json!({})))
}

async fn remove(
    app: &App,
    kind: DocumentKind,
    project: String,
    ids: Vec<String>,
) -> Result<Response, Problem> {
    app.store.remove_documents(kind, project, ids).await?;
    Ok(reply::json(&json!({})))
}

fn check_tag(tag: &str) -> Result<(), Problem> {
    let is_word = |word: &str| {
        let is_letter = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-');
        !word.is_empty() && word.chars().all(is_letter)
    };
    match tag.chars().count() <= LONGEST_TAG && tag.split(' ').all(is_word) {
        true => Ok(()),
        false => Err(Problem::bad_request(
            "a tag has 1 to 256 letters, digits, - and _, with single spaces between words",
        )),
    }
}

fn check_alias(alias: &str) -> Result<(), Problem> {
    let number = alias.strip_prefix('v').unwrap_or_default();
    let is_version = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_valid = (1..=LONGEST_ALIAS).contains(&alias.chars().count())
        && !alias.trim().is_empty()
        && !alias.contains(['/', ':', '\n'])
        && !is_version
        && alias != LATEST;
    match is_valid {
        true => Ok(()),
        false => Err(Problem::bad_request(
            "an alias has 1 to 128 characters without / and :, and is neither latest nor a version number",
        )),
    }
}
