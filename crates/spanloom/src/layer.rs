//! A service's `tracing` spans, recorded as parents of the calls made in them.
//!
//! `tracing-opentelemetry`'s layer is not used: two such layers on one registry store their data under the same type
//! and conflict, and the layer makes its spans current, which would change the service's own traces.

use std::error::Error;
use std::fmt;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use opentelemetry::trace::{
    self, SpanBuilder, SpanKind, Status, TraceContextExt as _, Tracer as _, TracerProvider as _,
};
use opentelemetry::{Context, KeyValue, Value};
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use spanloom_core::{secret, semconv};
use spanloom_instrumentation::operation::parent_of;
use spanloom_instrumentation::{ParentKind, ParentPolicy as _};
use tracing::Subscriber;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::Layer;
use tracing_subscriber::layer;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use crate::own_spans::OwnSpans;
use crate::span_stack;

/// A layer that adds the spans of a service's `tracing` to a monitor's records; created by
/// [`Monitor::layer`](crate::Monitor::layer).
///
/// Spans of level INFO and above become records once they have been entered, with their fields as attributes; the
/// fields `otel.name`, `otel.kind` and `otel.status_code` have the same meaning as in `tracing-opentelemetry`, whose
/// layer may be on the same registry. This layer makes no span current and does not affect the service's own traces.
#[derive(Debug)]
pub struct MonitorLayer {
    tracer: SdkTracer,
    own_spans: OwnSpans,
}

impl MonitorLayer {
    pub(crate) fn new(provider: &SdkTracerProvider, own_spans: &OwnSpans) -> Self {
        Self {
            tracer: provider.tracer("spanloom.tracing"),
            own_spans: own_spans.clone(),
        }
    }

    /// Returns this monitor's state of a span.
    fn taken<'a, S: LookupSpan<'a>>(&self, span: &SpanRef<'a, S>) -> Option<Arc<Mutex<SpanState>>> {
        let extensions = span.extensions();
        let of_monitors = &extensions.get::<PerMonitor>()?.0;
        let own = of_monitors
            .iter()
            .find(|(id, _)| *id == self.own_spans.id());
        own.map(|(_, taken)| Arc::clone(taken))
    }

    /// Returns the span's context. The span is started only now, once the service's layers have determined its trace.
    fn context<'a, S: LookupSpan<'a>>(&self, span: &SpanRef<'a, S>) -> Option<Context> {
        // The registry's lock is released, as other layers may need it. The locks of states are taken from child to
        // parent only.
        let taken = self.taken(span)?;
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        let context = match &mut *taken {
            SpanState::Begun(context) => return Some(context.clone()),
            SpanState::Waiting { since, fields } => {
                let parent = span.parent().and_then(|parent| self.context(&parent));
                self.start(span.name(), *since, mem::take(fields), parent)
            }
        };
        *taken = SpanState::Begun(context.clone());
        Some(context)
    }

    fn start(
        &self,
        name: &'static str,
        since: SystemTime,
        mut fields: Fields,
        parent: Option<Context>,
    ) -> Context {
        let is_outermost = parent.is_none();
        let parent = parent_of(&self.own_spans, parent.unwrap_or_else(Context::current));
        if is_outermost {
            // The monitor's outermost span joins the service's trace, if there is one.
            let outer = parent.span().span_context().clone();
            if outer.is_valid() && self.own_spans.parent_kind(&outer) == ParentKind::Foreign {
                let id = outer.span_id().to_string();
                let outer = KeyValue::new(semconv::SPANLOOM_OUTER_SPAN_ID, id);
                fields.attributes.push(outer);
            }
        }
        let builder = SpanBuilder::from_name(name)
            .with_kind(fields.kind.take().unwrap_or(SpanKind::Internal))
            .with_start_time(since);
        let context = parent.with_span(self.tracer.build_with_context(builder, &parent));
        fields.put_on(&context.span());
        context
    }
}

/// A monitor's state of a service's span.
enum SpanState {
    Waiting { since: SystemTime, fields: Fields },
    Begun(Context),
}

/// The states of all monitors, stored with the span in the registry.
#[derive(Default)]
struct PerMonitor(Vec<(usize, Arc<Mutex<SpanState>>)>);

impl<S> Layer<S> for MonitorLayer
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: layer::Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let waiting = Arc::new(Mutex::new(SpanState::Waiting {
            since: SystemTime::now(),
            fields,
        }));
        let mut extensions = span.extensions_mut();
        if extensions.get_mut::<PerMonitor>().is_none() {
            extensions.insert(PerMonitor::default());
        }
        if let Some(PerMonitor(monitors)) = extensions.get_mut() {
            monitors.push((self.own_spans.id(), waiting));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: layer::Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let Some(taken) = self.taken(&span) else {
            return;
        };
        match &mut *taken.lock().unwrap_or_else(PoisonError::into_inner) {
            SpanState::Waiting { fields, .. } => values.record(fields),
            SpanState::Begun(context) => {
                let mut fields = Fields::default();
                values.record(&mut fields);
                fields.put_on(&context.span());
            }
        }
    }

    fn on_enter(&self, id: &Id, context: layer::Context<'_, S>) {
        let own = context.span(id).and_then(|span| self.context(&span));
        if let Some(own) = own {
            span_stack::enter(own);
        }
    }

    fn on_exit(&self, id: &Id, context: layer::Context<'_, S>) {
        let own = context.span(id).and_then(|span| self.context(&span));
        if let Some(own) = own {
            span_stack::exit(&own);
        }
    }

    fn on_close(&self, id: Id, context: layer::Context<'_, S>) {
        let taken = context.span(&id).and_then(|span| self.taken(&span));
        let Some(taken) = taken else { return };
        // A span that was never entered did nothing.
        if let SpanState::Begun(context) = &*taken.lock().unwrap_or_else(PoisonError::into_inner) {
            context.span().end();
        }
    }
}

/// A span's fields in the form that a record needs.
#[derive(Default)]
struct Fields {
    attributes: Vec<KeyValue>,
    name: Option<String>,
    kind: Option<SpanKind>,
    status: Option<Status>,
}

impl Fields {
    fn push(&mut self, field: &Field, value: impl Into<Value>) {
        self.attributes.push(KeyValue::new(field.name(), value));
    }

    fn put_on(self, span: &trace::SpanRef<'_>) {
        span.set_attributes(self.attributes);
        if let Some(name) = self.name {
            span.update_name(name);
        }
        if let Some(status) = self.status {
            span.set_status(status);
        }
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "otel.name" => self.name = Some(secret::mask(value).into_owned()),
            "otel.kind" => {
                self.kind = match value.to_ascii_lowercase().as_str() {
                    "server" => Some(SpanKind::Server),
                    "client" => Some(SpanKind::Client),
                    "producer" => Some(SpanKind::Producer),
                    "consumer" => Some(SpanKind::Consumer),
                    _ => Some(SpanKind::Internal),
                }
            }
            "otel.status_code" => {
                self.status = match value.to_ascii_lowercase().as_str() {
                    "error" => Some(Status::error("")),
                    "ok" => Some(Status::Ok),
                    _ => None,
                }
            }
            _ => self.push(field, secret::mask(value).into_owned()),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        self.record_str(field, &value.to_string());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        match i64::try_from(value) {
            Ok(value) => self.push(field, value),
            Err(_) => self.push(field, value.to_string()),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.push(field, value);
    }
}
