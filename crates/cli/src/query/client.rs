//! Requests to a server.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::{Client, Response, StatusCode, Url};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::args::SelectionArgs;
use crate::error::Error;

/// The time that an answer may take: a question takes two seconds at most on the server, and may wait for others.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The parameters of a request.
pub(crate) type Parameters = Vec<(&'static str, String)>;

/// A server.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    base: Url,
    http: Client,
}

impl Server {
    pub(crate) fn at(url: &str) -> Result<Self, Error> {
        let wrong = || Error::usage(format!("{url} is no address such as http://127.0.0.1:7440"));
        let base = Url::parse(url).map_err(|_| wrong())?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(wrong());
        }
        let http = Client::builder().connect_timeout(TIMEOUT).build();
        Ok(Self {
            base,
            http: http.map_err(|error| Error::no_http_client(&error))?,
        })
    }

    /// Returns the address of a page of the board.
    pub(crate) fn page(&self, path: &[&str]) -> String {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url.set_query(None);
        url.into()
    }

    /// Asks a question.
    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &[&str],
        parameters: &Parameters,
    ) -> Result<T, Error> {
        let request = self.http.get(self.url(path, parameters)).timeout(TIMEOUT);
        let response = self.answer(request).await?;
        response
            .json()
            .await
            .map_err(|error| self.unreadable(&error))
    }

    /// Begins to read a long answer.
    pub(crate) async fn stream(
        &self,
        path: &[&str],
        parameters: &Parameters,
    ) -> Result<Response, Error> {
        self.answer(self.http.get(self.url(path, parameters))).await
    }

    fn url(&self, path: &[&str], parameters: &Parameters) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url.query_pairs_mut().extend_pairs(parameters);
        url
    }

    async fn answer(&self, request: reqwest::RequestBuilder) -> Result<Response, Error> {
        let response = request.send().await.map_err(|error| match error.is_connect() {
            true => Error::failed(format!(
                "no server answers at {}; start one with `spanloom serve`, or name another with --server or SPANLOOM_URL",
                self.base
            )),
            false => self.unreadable(&error),
        })?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        let body: Value = response.json().await.unwrap_or_default();
        let reason = body.get("reason").and_then(Value::as_str);
        let reason = reason.map_or_else(
            || format!("{} answered {status}; is it a spanloom server?", self.base),
            str::to_owned,
        );
        Err(match status {
            StatusCode::BAD_REQUEST => Error::usage(reason),
            _ => Error::failed(reason),
        })
    }

    pub(crate) fn unreadable(&self, error: &reqwest::Error) -> Error {
        let source = std::error::Error::source(error).map(ToString::to_string);
        let why = source.unwrap_or_else(|| error.to_string());
        Error::failed(format!("cannot read the answer of {}: {why}", self.base))
    }
}

/// Returns the parameters of a stream.
pub(crate) fn stream(name: &str) -> Result<Parameters, Error> {
    let name = spanloom::StreamName::parse(name, None);
    let name = name.map_err(|error| Error::usage(error.to_string()))?;
    Ok(vec![
        ("entity", name.entity),
        ("project", name.project),
        ("stream", name.stream),
    ])
}

/// Returns the parameters of a project.
pub(crate) fn project(name: &str) -> Result<Parameters, Error> {
    let parts = name.split_once('/').filter(|(entity, project)| {
        !entity.is_empty() && !project.is_empty() && !project.contains('/')
    });
    let wrong = || Error::usage(format!("{name} is no project: expected ENTITY/PROJECT"));
    let (entity, project) = parts.ok_or_else(wrong)?;
    Ok(vec![
        ("entity", entity.to_owned()),
        ("project", project.to_owned()),
    ])
}

/// Returns the parameters of a selection.
pub(crate) fn selection(args: &SelectionArgs) -> Result<Parameters, Error> {
    let mut parameters = stream(&args.stream)?;
    if !args.search.is_empty() {
        parameters.push(("q", args.search.clone()));
    }
    if let Some(since) = args.since.into_option() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        let from = now.unwrap_or_default().saturating_sub(since);
        parameters.push(("from", from.as_millis().to_string()));
    }
    Ok(parameters)
}
