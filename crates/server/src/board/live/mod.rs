//! `GET /api/live`: new calls, and calls that have changed, as events.
//!
//! | file | what |
//! |---|---|
//! | `look` | one look at the store for a client |

mod look;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::HeaderValue;
use axum::http::header::CACHE_CONTROL;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::parameters::Parameters;
use super::selection::Selection;
use crate::app::App;
use crate::reply::Problem;
use crate::store::question::Until;
use look::{Calls, Seen, look};

/// The time between two looks at the store.
const EVERY: Duration = Duration::from_secs(1);
/// The time after which a comment keeps a silent connection.
const ALIVE: Duration = Duration::from_secs(15);

pub(super) async fn live(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::of_selection(query.as_deref(), &[])?;
    let selection = Selection::read(&parameters, &app.store.memory())?;
    if !selection.search().words().is_empty() {
        let reason =
            "calls that come are filtered by fields; the words of the search need their content";
        return Err(Problem::bad_request(reason));
    }
    let place = Arc::clone(&app.live)
        .try_acquire_owned()
        .map_err(|_| Problem::busy("too many pages follow the calls of this server"))?;
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let follower = Follower {
        app,
        parameters: Arc::new(parameters),
        seen: Seen::default(),
        ticks,
        _place: place,
    };
    let events = futures_util::stream::unfold(follower, |mut follower| async {
        let calls = follower.next().await?;
        let calls = serde_json::to_string(&calls).ok()?;
        let event = Event::default().event("calls").data(calls);
        Some((Ok::<_, Infallible>(event), follower))
    });
    let alive = KeepAlive::new().interval(ALIVE);
    let mut response = Sse::new(events).keep_alive(alive).into_response();
    // Axum's own word lets caches store what they check again.
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// One client that follows the calls.
struct Follower {
    app: Arc<App>,
    parameters: Arc<Parameters>,
    seen: Seen,
    ticks: Interval,
    _place: OwnedSemaphorePermit,
}

impl Follower {
    /// Returns the next calls; `None` when the server stops or cannot read its database.
    async fn next(&mut self) -> Option<Calls> {
        let mut stopped = self.app.stopped.clone();
        loop {
            tokio::select! {
                _ = self.ticks.tick() => {}
                // Nothing is sent: the change is that the sender has gone.
                _ = stopped.changed() => return None,
            }
            let memory = self.app.store.memory();
            if self.seen.version == Some(memory.version) && !self.seen.has_more {
                continue;
            }
            let question = {
                let (app, parameters) = (Arc::clone(&self.app), Arc::clone(&self.parameters));
                let seen = self.seen.clone();
                move |until: &Until| look(&app, &parameters, &memory, seen, until)
            };
            // A question that took too long is asked again with the next calls.
            match self.app.questions.ask_until(question).await {
                Ok((calls, seen)) => {
                    let is_first = self.seen.version.is_none();
                    self.seen = seen;
                    if is_first || !calls.calls.is_empty() || calls.skipped > 0 {
                        return Some(calls);
                    }
                }
                Err(problem) if problem.status().as_u16() == 503 => {}
                Err(_) => return None,
            }
        }
    }
}
