//! Conversation, user, session and tenant; attributes of a layer; scopes carried into tasks.

use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::{
    FutureExt as _, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use serde_json::{Value, json};
use spanloom_instrumentation::{MonitorAttributes, MonitorAttributesExt as _};
use tokio::task::JoinSet;
use tracing::Instrument as _;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::setup::{Setup, request, text};

async fn ask(setup: &Setup) {
    setup.client.chat().create(request("hello")).await.unwrap();
}

fn attributes(setup: &Setup) -> Value {
    let span = setup.span();
    text(&span, "spanloom.attributes")
        .map_or(Value::Null, |json| serde_json::from_str(&json).unwrap())
}

#[tokio::test]
async fn identities_stand_under_the_conventions_names() {
    let setup = Setup::new().await;
    let said = MonitorAttributes::default().conversation("c-1").user("u-1");
    let said = said.session("s-1").tenant("acme");
    ask(&setup).monitor_attributes(said).await;
    let span = setup.span();
    for (name, value) in [
        ("gen_ai.conversation.id", "c-1"),
        ("user.id", "u-1"),
        ("session.id", "s-1"),
        ("spanloom.tenant", "acme"),
    ] {
        assert_eq!(text(&span, name).as_deref(), Some(value), "{name}");
    }
    assert_eq!(
        attributes(&setup),
        Value::Null,
        "no attributes of their own"
    );
}

#[tokio::test]
async fn embeddings_carry_them_too() {
    let setup = Setup::new().await;
    let embed = setup.client.embeddings();
    let request =
        serde_json::from_value(json!({"model": "text-embedding-3-small", "input": "hello"}));
    let said = MonitorAttributes::new(json!({"a": 1})).conversation("c-1");
    let answer = embed.create(request.unwrap());
    let said = said.user("u-1").session("s-1").tenant("acme");
    let said = said.conversation_name("Order 4711");
    answer.monitor_attributes(said).await.unwrap();
    let span = setup.span();
    assert_eq!(span.name, "embeddings text-embedding-3-small");
    let shown = [
        "gen_ai.conversation.id",
        "user.id",
        "session.id",
        "spanloom.tenant",
        "spanloom.conversation.name",
    ]
    .map(|name| text(&span, name).unwrap());
    assert_eq!(shown, ["c-1", "u-1", "s-1", "acme", "Order 4711"]);
    assert_eq!(attributes(&setup), json!({"a": 1}));
}

#[tokio::test]
async fn an_empty_identifier_is_none() {
    let setup = Setup::new().await;
    let said = MonitorAttributes::default().conversation("").user("");
    ask(&setup)
        .monitor_attributes(said.session("").tenant(""))
        .await;
    let span = setup.span();
    for name in [
        "gen_ai.conversation.id",
        "user.id",
        "session.id",
        "spanloom.tenant",
    ] {
        assert_eq!(text(&span, name), None, "{name}");
    }
}

#[tokio::test]
async fn a_panic_leaves_the_scope() {
    let setup = std::sync::Arc::new(Setup::new().await);
    let unwound = std::panic::catch_unwind(|| {
        let _scope = MonitorAttributes::new(json!({"in": "the thread"})).enter();
        std::panic::resume_unwind(Box::new("given up"));
    });
    assert!(unwound.is_err());
    let failing = async { std::panic::resume_unwind(Box::new("given up")) };
    let failing = futures_util::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(
        failing.monitor_attributes(json!({"in": "a future"})),
    ));
    let unwound: Result<(), _> = failing.await;
    assert!(unwound.is_err());
    ask(&setup).await;
    assert_eq!(attributes(&setup), Value::Null);
}

#[tokio::test]
async fn a_stream_keeps_what_was_said_when_it_began() {
    let setup = Setup::new().await;
    let mut streamed = request("Tell me a 50-word story.");
    streamed.stream = Some(true);
    let stream = {
        let chat = setup.client.chat();
        let said = MonitorAttributes::new(json!({"read": "inside"})).conversation("c-1");
        let inside = chat.create_stream(streamed).monitor_attributes(said);
        inside.await.unwrap()
    };
    let read = futures_util::StreamExt::collect::<Vec<_>>(stream);
    let read = tokio::spawn(read.monitor_attributes(json!({"read": "elsewhere"})));
    assert!(read.await.unwrap().iter().all(Result::is_ok));
    assert_eq!(attributes(&setup), json!({"read": "inside"}));
    let id = text(&setup.span(), "gen_ai.conversation.id");
    assert_eq!(id.as_deref(), Some("c-1"));
}

#[tokio::test]
async fn the_layers_attributes_are_the_outermost() {
    let setup = Setup::with_layer(|layer| {
        layer.with_attributes(
            MonitorAttributes::new(json!({"service": "a", "who": "layer"})).user("u"),
        )
    })
    .await;
    ask(&setup).monitor_attributes(json!({"who": "call"})).await;
    assert_eq!(attributes(&setup), json!({"service": "a", "who": "call"}));
    assert_eq!(text(&setup.span(), "user.id").as_deref(), Some("u"));
}

async fn spawned(flavour: &str) {
    let setup = std::sync::Arc::new(Setup::new().await);
    let scope = MonitorAttributes::new(json!({"flavour": flavour})).conversation("c-1");
    let work = {
        let setup = std::sync::Arc::clone(&setup);
        async move { ask(&setup).await }
    };
    let mut tasks = JoinSet::new();
    async {
        tasks.spawn(work.in_current_scope());
    }
    .monitor_attributes(scope)
    .await;
    tasks.join_next().await.unwrap().unwrap();
    assert_eq!(attributes(&setup), json!({"flavour": flavour}));
    let id = text(&setup.span(), "gen_ai.conversation.id");
    assert_eq!(id.as_deref(), Some("c-1"));
}

#[tokio::test]
async fn a_task_takes_the_scope_along() {
    spawned("current thread").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_on_another_thread_takes_the_scope_along() {
    spawned("several threads").await;
}

#[tokio::test]
async fn a_task_that_is_not_told_to_takes_nothing() {
    let setup = std::sync::Arc::new(Setup::new().await);
    let scope = MonitorAttributes::new(json!({"a": 1}));
    let work = {
        let setup = std::sync::Arc::clone(&setup);
        async move { ask(&setup).await }
    };
    async { tokio::spawn(work).await.unwrap() }
        .monitor_attributes(scope)
        .await;
    assert_eq!(attributes(&setup), Value::Null);
}

#[tokio::test]
async fn a_tasks_call_is_a_child_of_the_span_it_was_spawned_in() {
    let setup = std::sync::Arc::new(Setup::new().await);
    let tracer = BoxedTracer::new(Box::new(setup.provider.tracer("service")));
    let context = opentelemetry::Context::current_with_span(tracer.start("handler"));
    let work = {
        let setup = std::sync::Arc::clone(&setup);
        async move { ask(&setup).await }
    };
    let outer = context.span().span_context().span_id();
    async { tokio::spawn(work.in_current_scope()).await.unwrap() }
        .with_context(context.clone())
        .await;
    assert_eq!(setup.span().parent_span_id, outer);
}

#[tokio::test]
async fn a_tracing_span_goes_along_and_hides_no_attributes() {
    let setup = std::sync::Arc::new(Setup::new().await);
    let layer = tracing_opentelemetry::layer().with_tracer(setup.provider.tracer("service"));
    let subscriber = tracing_subscriber::registry().with(layer);
    let _subscriber = tracing::subscriber::set_default(subscriber);
    let work = {
        let setup = std::sync::Arc::clone(&setup);
        async move { ask(&setup).await }
    };
    async { tokio::spawn(work.in_current_scope()).await.unwrap() }
        .monitor_attributes(json!({"a": 1}))
        .instrument(tracing::info_span!("handler"))
        .await;
    let spans = setup.spans.wait_for(2).unwrap();
    let named = |name: &str| {
        spans
            .iter()
            .find(|span| span.name.starts_with(name))
            .unwrap()
    };
    let (call, handler) = (named("chat"), named("handler"));
    assert_eq!(call.parent_span_id, handler.span_context.span_id());
    assert_eq!(
        text(call, "spanloom.attributes").as_deref(),
        Some(r#"{"a":1}"#)
    );
}

#[tokio::test]
async fn a_thread_is_entered() {
    let setup = std::sync::Arc::new(Setup::new().await);
    let said = MonitorAttributes::new(json!({"on": "a thread"}));
    let inner = {
        let (setup, said) = (std::sync::Arc::clone(&setup), said);
        tokio::task::spawn_blocking(move || {
            let _scope = said.enter();
            let runtime = tokio::runtime::Handle::current();
            runtime.block_on(ask(&setup));
        })
    };
    inner.await.unwrap();
    assert_eq!(attributes(&setup), json!({"on": "a thread"}));
}

#[tokio::test]
async fn hostile_keys_are_only_keys() {
    let setup = Setup::new().await;
    let keys = json!({"": 1, "a.b": 2, "spanloom": 3, "otel": 4, "gen_ai.request.model": 5, "ключ\u{0}": 6});
    ask(&setup).monitor_attributes(keys.clone()).await;
    assert_eq!(attributes(&setup), keys);
    assert_eq!(
        text(&setup.span(), "gen_ai.request.model").as_deref(),
        Some("gpt-4o-mini")
    );
}
