//! The `tracing` event of a call, as a subscriber of the service receives it.

use std::fmt::Debug;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::StatusCode;
use spanloom_instrumentation::Content;
use spanloom_testkit::Fault;
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber as _;
use tracing::{Dispatch, Event, Instrument as _, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, Registry};

use crate::setup::{Setup, request};

/// An event of the layer: the spans around it, outermost first, and its fields.
#[derive(Clone, Debug, Default)]
struct Told {
    spans: Vec<&'static str>,
    fields: Vec<(&'static str, String)>,
}

impl Told {
    fn field(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(field, _)| *field == name);
        field.map(|(_, value)| value.as_str())
    }
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.fields.push((field.name(), format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.fields.push((field.name(), value.to_owned()));
    }
}

/// Keeps the events with the target `spanloom`.
#[derive(Clone, Debug, Default)]
struct Console(Arc<Mutex<Vec<Told>>>);

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Console {
    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        if event.metadata().target() != "spanloom" {
            return;
        }
        let mut told = Told::default();
        event.record(&mut told);
        let spans = context.event_scope(event).into_iter();
        let spans = spans.flat_map(|scope| scope.from_root());
        told.spans = spans.map(|span| span.name()).collect();
        self.0.lock().unwrap().push(told);
    }
}

impl Console {
    fn subscriber(&self) -> Dispatch {
        Dispatch::new(Registry::default().with(self.clone()))
    }

    fn only(&self, setup: &Setup) -> Told {
        setup.recorder.flush(Duration::from_secs(10)).unwrap();
        let told = self.0.lock().unwrap().clone();
        assert_eq!(told.len(), 1, "{told:?}");
        told.into_iter().next().unwrap()
    }
}

#[tokio::test]
async fn it_is_told_to_the_callers_subscriber_and_names_its_span() {
    let setup = Setup::with_content(Content::Both).await;
    let (console, other) = (Console::default(), Console::default());
    let answer = async {
        let chat = setup.client.chat();
        let answer = chat.create(request("a prompt nobody may see"));
        let handler = tracing::info_span!("handler");
        answer.instrument(handler).await.unwrap()
    };
    let answer = answer.with_subscriber(console.subscriber()).await;
    let quiet = async { setup.recorder.flush(Duration::from_secs(10)).unwrap() };
    quiet.with_subscriber(other.subscriber()).await;
    let told = console.only(&setup);
    assert_eq!(told.field("within"), Some("handler"));
    assert_eq!(told.spans, [""; 0]);
    assert_eq!(told.field("operation"), Some("chat"));
    assert_eq!(told.field("model"), Some(&*answer.model));
    assert_eq!(told.field("outcome"), Some("completed"));
    let usage = answer.usage.unwrap();
    assert_eq!(
        told.field("input_tokens"),
        Some(&*usage.prompt_tokens.to_string())
    );
    assert_eq!(told.field("cost_source"), Some("priced"));
    assert!(told.field("duration_s").unwrap().parse::<f64>().unwrap() > 0.0);
    let span = setup.span().span_context;
    assert_eq!(told.field("trace_id"), Some(&*span.trace_id().to_string()));
    let everything = format!("{told:?}");
    assert!(!everything.contains("nobody may see"), "never content");
    assert_eq!(other.0.lock().unwrap().len(), 0);
}

#[tokio::test]
async fn a_span_that_has_ended_stays_ended() {
    let setup = Setup::new().await;
    let console = Console::default();
    let ended = Arc::new(Mutex::new(Vec::new()));
    let subscriber = Registry::default()
        .with(console.clone())
        .with(Closed(Arc::clone(&ended)));
    let call = async {
        let chat = setup.client.chat();
        let answer = chat.create(request("hello"));
        answer
            .instrument(tracing::info_span!("handler"))
            .await
            .unwrap();
        // The last handle was dropped with the call: the layer does not keep the span open.
        assert_eq!(*ended.lock().unwrap(), ["handler"]);
    };
    call.with_subscriber(subscriber).await;
    assert_eq!(console.only(&setup).field("outcome"), Some("completed"));
}

struct Closed(Arc<Mutex<Vec<&'static str>>>);

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Closed {
    fn on_close(&self, id: tracing::span::Id, context: Context<'_, S>) {
        let name = context.span(&id).unwrap().name();
        if name == "handler" {
            self.0.lock().unwrap().push(name);
        }
    }
}

#[tokio::test]
async fn a_failed_call_says_why_and_unknown_numbers_are_absent() {
    let setup = Setup::new().await;
    let console = Console::default();
    setup
        .server
        .fail_next(Fault::Status(StatusCode::BAD_REQUEST));
    let call = async {
        let chat = setup.client.chat();
        chat.create(request("hello")).await.unwrap_err();
    };
    call.with_subscriber(console.subscriber()).await;
    let told = console.only(&setup);
    assert_eq!(told.field("outcome"), Some("error"));
    assert!(told.field("error_type").is_some());
    for unknown in ["input_tokens", "cost_usd", "time_to_first_chunk_s"] {
        assert_eq!(told.field(unknown), None, "{unknown}");
    }
}

#[tokio::test]
async fn a_filter_on_the_target_silences_it() {
    let setup = Setup::new().await;
    let console = Console::default();
    let filter = tracing_subscriber::filter::Targets::new()
        .with_default(tracing::Level::TRACE)
        .with_target("spanloom", tracing_subscriber::filter::LevelFilter::OFF);
    let subscriber = Registry::default().with(console.clone()).with(filter);
    let call = async {
        setup.client.chat().create(request("hello")).await.unwrap();
    };
    call.with_subscriber(subscriber).await;
    setup.recorder.flush(Duration::from_secs(10)).unwrap();
    assert_eq!(console.0.lock().unwrap().len(), 0);
}
