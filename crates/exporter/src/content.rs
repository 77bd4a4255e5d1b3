//! The content that a destination gets.

use std::borrow::Cow;
use std::sync::Arc;

use opentelemetry::trace::Status;
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SpanData;
use spanloom_core::Evaluation;
use spanloom_core::content::{ContentPolicy, Place};
use spanloom_core::mapping::is_content;
use spanloom_core::semconv as names;

use crate::item::CallEvaluation;
use crate::sampling::{Sampling, sampled_out};

/// The event of an error in the conventions.
const EXCEPTION: &str = "exception";

/// The part of the spans' content that a destination gets.
#[derive(Clone, Debug, Default)]
pub(crate) enum DestinationContent {
    /// All content.
    #[default]
    Whole,
    /// The part that a policy keeps.
    Filtered(Arc<ContentPolicy>),
    /// No content.
    Without,
}

/// The rules at any destination for spans that are not this project's calls: no layer of ours has filtered those.
#[derive(Clone, Debug, Default)]
pub(crate) struct OtherSpans {
    pub(crate) policy: Arc<ContentPolicy>,
    pub(crate) without_content: bool,
}

/// All content rules of a destination.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    pub(crate) destination: DestinationContent,
    pub(crate) others: OtherSpans,
    /// The rule by which spans have content; without one, all have.
    pub(crate) sampling: Option<Sampling>,
}

impl Content {
    pub(crate) fn apply(&self, span: &mut SpanData) {
        if span.instrumentation_scope.name() != names::SCOPE {
            self.others.apply(span);
        }
        match self.sampling {
            Some(sampling) if !sampling.selects(span) => {
                self.destination.apply(span);
                DestinationContent::Without.apply(span);
                span.attributes.push(sampled_out());
            }
            _ => self.destination.apply(span),
        }
    }
}

impl Content {
    /// Returns an evaluation as the destination may have it: its explanation may quote the call.
    pub(crate) fn evaluation(&self, call: &CallEvaluation) -> Evaluation {
        let evaluation = call.evaluation.clone();
        let is_selected = |sampling: Sampling| sampling.selects_trace(call.trace);
        if !self.sampling.is_none_or(is_selected) {
            return evaluation.filtered(false, str::to_owned);
        }
        match &self.destination {
            DestinationContent::Whole => evaluation,
            DestinationContent::Filtered(policy) => {
                evaluation.filtered(true, |text| policy.text(text).into_owned())
            }
            DestinationContent::Without => evaluation.filtered(false, str::to_owned),
        }
    }
}

impl OtherSpans {
    /// Returns a resource with the secrets in its texts masked: command lines and environments are among them.
    pub(crate) fn resource(&self, resource: &Resource) -> Resource {
        let attributes = resource.iter().map(|(key, value)| {
            let mut attribute = KeyValue::new(key.clone(), value.clone());
            mask(&self.policy, &mut attribute);
            attribute
        });
        let builder = Resource::builder_empty();
        match resource.schema_url() {
            Some(url) => builder.with_schema_url(attributes, url.to_owned()),
            None => builder.with_attributes(attributes),
        }
        .build()
    }

    /// Masks secrets in every text; filters content by the policy, or removes it.
    fn apply(&self, span: &mut SpanData) {
        let content = match self.without_content {
            true => DestinationContent::Without,
            false => DestinationContent::Filtered(Arc::clone(&self.policy)),
        };
        content.apply(span);
        let policy = &self.policy;
        mask_name(policy, &mut span.name);
        if let Status::Error { description } = &mut span.status {
            mask_name(policy, description);
        }
        for attribute in &mut span.attributes {
            mask(policy, attribute);
        }
        mask_events(policy, span);
    }
}

impl DestinationContent {
    /// Filters a span: the attributes that hold content under our or any other instrumentation's names, and the events,
    /// whose names and attributes may hold any text. Exception events are always kept.
    fn apply(&self, span: &mut SpanData) {
        let policy = match self {
            Self::Whole => return,
            Self::Filtered(policy) => Some(&**policy),
            Self::Without => None,
        };
        let attributes = std::mem::take(&mut span.attributes);
        span.attributes = attributes
            .into_iter()
            .filter_map(|attribute| filtered(policy, attribute))
            .collect();
        let has_rules = policy.is_none_or(ContentPolicy::has_rules);
        span.events
            .events
            .retain(|event| !has_rules || event.name == EXCEPTION);
        if let Some(policy) = policy {
            mask_events(policy, span);
        }
    }
}

/// Returns what a policy keeps of an attribute; without a policy, no content.
fn filtered(policy: Option<&ContentPolicy>, attribute: KeyValue) -> Option<KeyValue> {
    let name = attribute.key.as_str();
    // Content of other instrumentations is known by its name alone; the service's own attributes are not content.
    let place = Place::of_attribute(name).filter(|place| *place != Place::Attributes);
    if place.is_none() && !is_content(name) {
        return Some(attribute);
    }
    let policy = policy?;
    Some(match (place, attribute.value) {
        (Some(place), Value::String(text)) => {
            let filtered = policy.apply(place, text.as_str()).json.into_owned();
            KeyValue::new(attribute.key, StringValue::from(filtered))
        }
        // An unknown shape that no rule can match.
        (_, Value::String(text)) => {
            let filtered = policy.unread(text.as_str()).into_owned();
            KeyValue::new(attribute.key, StringValue::from(filtered))
        }
        (_, _) if policy.has_rules() => {
            KeyValue::new(attribute.key, StringValue::from(ContentPolicy::UNREAD))
        }
        (_, value) => {
            let mut attribute = KeyValue::new(attribute.key, value);
            mask(policy, &mut attribute);
            attribute
        }
    })
}

/// Masks the secrets in an attribute's texts.
fn mask(policy: &ContentPolicy, attribute: &mut KeyValue) {
    let texts = match &mut attribute.value {
        Value::String(text) => std::slice::from_mut(text),
        Value::Array(Array::String(list)) => list.as_mut_slice(),
        _ => return,
    };
    for text in texts {
        if let Cow::Owned(masked) = policy.text(text.as_str()) {
            *text = masked.into();
        }
    }
}

fn mask_events(policy: &ContentPolicy, span: &mut SpanData) {
    for event in &mut span.events.events {
        mask_name(policy, &mut event.name);
        for attribute in &mut event.attributes {
            mask(policy, attribute);
        }
    }
}

/// Masks the secrets in a name.
fn mask_name(policy: &ContentPolicy, name: &mut Cow<'static, str>) {
    if let Cow::Owned(masked) = policy.text(name) {
        *name = masked.into();
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{Event, SpanContext, SpanId, SpanKind};
    use opentelemetry::{InstrumentationScope, Key};
    use opentelemetry_sdk::trace::{SpanEvents, SpanLinks};
    use spanloom_core::content::{Action, Rule};

    use super::*;

    const WORDS: &str = "the secret of the sauce";
    const KEY: &str = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKL";

    #[test]
    fn secrets_in_a_resource_are_masked() {
        let list = Value::Array(Array::String(vec![
            "serve".into(),
            format!("--api-key={KEY}").into(),
        ]));
        let resource = Resource::builder_empty()
            .with_schema_url(
                [KeyValue::new("process.command_args", list)],
                "https://schema",
            )
            .with_attribute(KeyValue::new(
                "process.command_line",
                format!("serve --api-key={KEY}"),
            ))
            .with_attribute(KeyValue::new("service.name", "shop"))
            .build();
        let masked = OtherSpans::default().resource(&resource);
        let text = format!("{masked:?}");
        assert!(!text.contains(KEY), "{text}");
        assert_eq!(text.matches("[redacted:api_key]").count(), 2, "{text}");
        assert!(
            masked.schema_url() == Some("https://schema") && text.contains("shop"),
            "{text}"
        );
    }

    /// Returns a span with the same content under the names of each other instrumentation.
    fn span() -> SpanData {
        let words = Value::from(format!("{WORDS} {KEY}"));
        let content = [
            "gen_ai.prompt",
            "gen_ai.completion",
            "gen_ai.prompt.0.content",
            "gen_ai.completion.12.tool_calls.0.arguments",
            "gen_ai.prompt.variable.name",
            "gen_ai.tool.call.arguments",
            "gen_ai.input.messages",
            "spanloom.request",
            "llm.input_messages.0.message.content",
            "llm.output_messages.0.message.contents.1.message_content.text",
            "embedding.embeddings.0.embedding.text",
            "retrieval.documents.3.document.content",
            "input.value",
            "output.value",
            "traceloop.entity.input",
            "traceloop.entity.output",
            "ai.prompt",
            "ai.prompt.messages",
            "ai.response.text",
            "ai.response.toolCalls",
            "ai.toolCall.args",
        ];
        let named = content.map(|name| KeyValue::new(name, words.clone()));
        let list = Value::Array(Array::String(vec![StringValue::from(WORDS)]));
        let attributes = named.into_iter().chain([
            KeyValue::new("ai.values", list),
            KeyValue::new("gen_ai.request.model", "gpt-4o-mini"),
            KeyValue::new("gen_ai.prompt.name", "greeting"),
        ]);
        let event = |name: String| {
            let message = KeyValue::new("exception.message", words.clone());
            Event::new(name, std::time::UNIX_EPOCH, vec![message], 0)
        };
        let mut events = SpanEvents::default();
        events.events = vec![
            event(format!("request: {WORDS}")),
            event(EXCEPTION.to_owned()),
        ];
        SpanData {
            span_context: SpanContext::empty_context(),
            parent_span_id: SpanId::INVALID,
            parent_span_is_remote: false,
            span_kind: SpanKind::Internal,
            name: "chat".into(),
            start_time: std::time::UNIX_EPOCH,
            end_time: std::time::UNIX_EPOCH,
            attributes: attributes.collect(),
            dropped_attributes_count: 0,
            events,
            links: SpanLinks::default(),
            status: Status::Unset,
            instrumentation_scope: InstrumentationScope::default(),
        }
    }

    fn exported(content: &DestinationContent) -> (Vec<Key>, String, usize) {
        let mut span = span();
        content.apply(&mut span);
        let names = span.attributes.iter().map(|it| it.key.clone()).collect();
        let events = span.events.events.len();
        (
            names,
            format!("{:?} {:?}", span.attributes, span.events),
            events,
        )
    }

    #[test]
    fn without_content_none_of_any_dialect_is_left() {
        let (names, shown, events) = exported(&DestinationContent::Without);
        assert_eq!(
            names,
            ["gen_ai.request.model", "gen_ai.prompt.name"].map(Key::new)
        );
        // An error's message is not content.
        assert_eq!(events, 1);
        assert!(!shown.contains("request:"), "{shown}");
    }

    #[test]
    fn spans_of_others_pass_the_policy_and_our_own_have_passed_it() {
        let apply = |span: &mut SpanData, without_content| {
            let policy = Arc::default();
            let others = OtherSpans {
                policy,
                without_content,
            };
            let destination = DestinationContent::Whole;
            Content {
                destination,
                others,
                sampling: None,
            }
            .apply(span);
        };
        let shown = |span: &SpanData| format!("{span:?}");
        let ours = || SpanData {
            instrumentation_scope: InstrumentationScope::builder(names::SCOPE).build(),
            ..span()
        };
        let mut call = ours();
        apply(&mut call, true);
        assert_eq!(shown(&call), shown(&ours()));
        let mut other = span();
        other
            .attributes
            .push(KeyValue::new("url.full", format!("https://h/?key={KEY}")));
        other.status = Status::error(format!("401 for {KEY}"));
        for (without_content, words) in [(false, true), (true, false)] {
            let mut other = other.clone();
            apply(&mut other, without_content);
            let shown = shown(&other);
            assert!(!shown.contains(KEY), "{shown}");
            assert!(
                shown.contains("url.full") && shown.contains("401 for"),
                "{shown}"
            );
            let name = Key::new("input.value");
            let has_words = other.attributes.iter().any(|it| it.key == name);
            assert_eq!(has_words, words);
        }
    }

    #[test]
    fn what_a_policy_cannot_read_is_masked_or_withheld() {
        let masks = DestinationContent::Filtered(Arc::new(ContentPolicy::default()));
        let (names, shown, events) = exported(&masks);
        assert_eq!((names.len(), events), (span().attributes.len(), 2));
        assert!(shown.contains(WORDS) && !shown.contains(KEY), "{shown}");
        let policy = ContentPolicy::default().with_rule(Rule::role("user"), Action::Mask);
        let (names, shown, events) = exported(&DestinationContent::Filtered(Arc::new(policy)));
        assert_eq!((names.len(), events), (span().attributes.len(), 1));
        assert!(
            shown.contains("withheld") && !shown.contains(KEY),
            "{shown}"
        );
        assert_eq!(shown.matches(WORDS).count(), 1, "the exception's: {shown}");
    }
}
