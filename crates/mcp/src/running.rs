//! A running request: its span, or the span of the tool's operation around it, and its duration.

use std::borrow::Cow;
use std::time::Instant;

use opentelemetry::trace::{FutureExt as _, SpanContext, SpanKind, TraceContextExt as _};
use opentelemetry::{Context, KeyValue};
use rmcp::model::JsonObject;
use spanloom_core::content::Place;
use spanloom_core::semconv as names;
use spanloom_instrumentation::GenAiLayer;
use spanloom_instrumentation::operation::adapter::{AdapterSpan, AdapterStart, ToolAround};

use crate::metrics::Durations;
use crate::outcome::{Failure, Outcome};
use crate::request::Request;

/// A running request. If it is dropped before its end, it was cancelled.
#[derive(Debug)]
pub(crate) struct Running {
    request: Request,
    /// `None` once the request has ended.
    span: Option<RequestSpan>,
    records_content: bool,
    started_at: Instant,
    durations: Option<Durations>,
}

#[derive(Debug)]
enum RequestSpan {
    Own(Box<AdapterSpan>),
    OfTool(ToolAround),
}

/// What one side knows of a request.
#[derive(Debug)]
pub(crate) struct Start {
    pub(crate) kind: SpanKind,
    pub(crate) remote_parent: Option<SpanContext>,
    /// The attributes of this side.
    pub(crate) attributes: Vec<KeyValue>,
}

impl Running {
    /// Starts the span of a request; `None` once the recording has ended.
    pub(crate) fn start(
        layer: &GenAiLayer,
        request: Request,
        start: Start,
        durations: Option<&Durations>,
    ) -> Option<Self> {
        let request = request.masked(layer);
        let mut attributes = request.attributes();
        attributes.extend(start.attributes);
        let span = layer.adapter_span(AdapterStart {
            name: request.title(),
            is_tool_call: start.kind == SpanKind::Client && request.tool_name().is_some(),
            kind: start.kind,
            attributes,
            remote_parent: start.remote_parent,
        })?;
        Some(Self::of(
            layer,
            request,
            RequestSpan::Own(Box::new(span)),
            durations,
        ))
    }

    /// Starts a request that shares the span of the tool's operation around it.
    pub(crate) fn sharing(
        layer: &GenAiLayer,
        tool: ToolAround,
        request: Request,
        durations: Option<&Durations>,
    ) -> Self {
        let request = request.masked(layer);
        tool.context()
            .span()
            .set_attributes(request.of_tools_span());
        Self::of(layer, request, RequestSpan::OfTool(tool), durations)
    }

    fn of(
        layer: &GenAiLayer,
        request: Request,
        span: RequestSpan,
        durations: Option<&Durations>,
    ) -> Self {
        Self {
            request,
            span: Some(span),
            records_content: layer.records_content(),
            started_at: Instant::now(),
            durations: durations.cloned(),
        }
    }

    /// Returns the context with the span, for propagation.
    pub(crate) fn context(&self) -> Context {
        match &self.span {
            Some(RequestSpan::Own(span)) => span.context().clone(),
            Some(RequestSpan::OfTool(tool)) => tool.context().clone(),
            None => Context::new(),
        }
    }

    /// Runs what is inside the request.
    pub(crate) async fn inside<T>(&self, work: impl Future<Output = T>) -> T {
        match &self.span {
            Some(RequestSpan::Own(span)) => work.with_context(span.inside().clone()).await,
            _ => work.await,
        }
    }

    /// Records the arguments of a tool, if content is recorded.
    pub(crate) fn arguments(&mut self, arguments: impl FnOnce() -> Option<JsonObject>) {
        if let Some(RequestSpan::Own(span)) = &mut self.span
            && let Some(arguments) = self.records_content.then(arguments).flatten()
        {
            let name = names::GEN_AI_TOOL_CALL_ARGUMENTS;
            span.content(name, Place::ToolCallArguments, &arguments);
        }
    }

    /// Ends the request with its outcome. The result of a tool that shares its span is recorded by the tool's operation.
    pub(crate) fn end(mut self, outcome: Outcome<'_>) {
        let failure = outcome.failure(self.records_content);
        match self.span.take() {
            Some(RequestSpan::Own(mut span)) => {
                if let Some(result) = outcome.result() {
                    let name = names::GEN_AI_TOOL_CALL_RESULT;
                    span.content(name, Place::ToolCallResult, result);
                }
                if let Some(failure) = &failure {
                    span.fail(failure.kind.clone(), &failure.message);
                    failure
                        .status_code()
                        .into_iter()
                        .for_each(|it| span.attribute(it));
                }
                span.finish();
            }
            Some(RequestSpan::OfTool(tool)) => match &failure {
                Some(it) => {
                    let code = it.status_code().into_iter().collect();
                    tool.fail(it.kind.clone(), &it.message, code);
                }
                None => tool.succeed(),
            },
            None => {}
        }
        self.measure(failure.as_ref());
    }

    fn measure(&self, failure: Option<&Failure>) {
        let Some(durations) = &self.durations else {
            return;
        };
        let is_unknown = failure.is_some_and(Failure::is_unknown_name);
        let mut attributes = self.request.of_metric(is_unknown);
        attributes.extend(failure.into_iter().flat_map(Failure::of_metric));
        durations.record(self.started_at.elapsed(), &attributes);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.span.is_some() {
            let kind = match std::thread::panicking() {
                true => "panic",
                false => "cancelled",
            };
            self.measure(Some(&Failure::of_word(Cow::Borrowed(kind))));
        }
    }
}
