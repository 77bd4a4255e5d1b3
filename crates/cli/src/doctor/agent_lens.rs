//! `doctor --agents`: what W&B's Agent Lens asks of a trace, checked on a call that is sent there.
//!
//! Source: Agent Lens, reference, semantic conventions: the operation of every span, one root that is an agent or a
//! workflow of a conversation, an agent, messages, custom attributes of simple types.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message as _;
use spanloom::{Destination, Monitor, MonitorAttributes, with_env_credentials};
use spanloom_testkit::Sink;

use super::DELIVERY;
use super::finding::Finding;
use super::probe::Probe;
use crate::error::Error;

const CHECK: &str = "Agent Lens";

/// Makes a call of a conversation, sends it to the server at `base` as W&B's agents are sent, and checks it.
pub(super) async fn check(stream: &str, base: Option<&str>) -> Result<Vec<Finding>, Error> {
    let Some(base) = base else {
        let finding = Finding::warned(CHECK, "no server is configured");
        return Ok(vec![
            finding.with_remedy("name one: --to https://trace.wandb.ai"),
        ]);
    };
    let failed = |error: &dyn std::fmt::Display| Error::failed(error.to_string());
    let copy = Sink::start().await.map_err(|error| failed(&error))?;
    let [server, copied] = [base, &copy.url()].map(Destination::wandb_agents);
    let server = with_env_credentials(server.map_err(|error| failed(&error))?);
    let copied = copied.map_err(|error| failed(&error))?;
    let monitor = Monitor::builder(stream)
        .with_destination(server.with_turns())
        .with_destination(copied.with_turns())
        .without_notices()
        .without_spool()
        .start()
        .map_err(|error| failed(&error))?;
    let probe = Probe::new();
    let user = MonitorAttributes::default().user("doctor");
    probe.call(&monitor, &user).await?;
    let link = monitor.link().map(str::to_owned);
    let flushed = monitor.flush(DELIVERY).await.destinations;
    let mut findings = Vec::new();
    if let Some(destination) = flushed.first() {
        findings.push(match destination.account.is_complete() {
            true => Finding::passed(
                CHECK,
                format!("{} accepted the turn and its call", destination.name),
            ),
            false => {
                let why = format!("the call was not delivered to {destination}");
                Finding::failed(CHECK, why).with_remedy("see the reason in brackets")
            }
        });
    }
    let requests = copy.requests();
    let requests = requests
        .iter()
        .filter_map(|request| ExportTraceServiceRequest::decode(request.body.clone()).ok());
    let resources = requests.flat_map(|request| request.resource_spans);
    let spans: Vec<Span> = resources
        .flat_map(|resource| resource.scope_spans)
        .flat_map(|scope| scope.spans)
        .collect();
    findings.extend(list(&spans));
    if let Some(link) = link {
        let conversation = format!("{link}/conversations/{}", probe.mark());
        findings.push(Finding::passed("look", conversation));
    }
    Ok(findings)
}

/// Checks a trace against the list.
fn list(spans: &[Span]) -> Vec<Finding> {
    let is_agent = |span: &Span| operation(span) == Some("invoke_agent");
    let roots: Vec<&Span> = spans
        .iter()
        .filter(|span| span.parent_span_id.is_empty())
        .collect();
    let root = match roots.as_slice() {
        [root] => Some(*root),
        _ => None,
    };
    let of_root = |name: &str| root.and_then(|root| text(root, name));
    let has_messages = |span: &Span| {
        let names = ["gen_ai.input.messages", "gen_ai.output.messages"];
        names.iter().all(|name| text(span, name).is_some())
    };
    vec![
        required(
            !spans.is_empty() && spans.iter().all(|span| operation(span).is_some()),
            "every span names its operation",
            "set gen_ai.operation.name",
        ),
        required(
            root.is_some_and(|it| {
                matches!(operation(it), Some("invoke_agent" | "invoke_workflow"))
            }),
            "one root span, and it is an agent or a workflow",
            "make calls in the span of an agent, or use Destination::with_turns",
        ),
        required(
            spans.iter().any(is_agent),
            "an agent in every trace",
            "make calls in the span of an agent, or use Destination::with_turns",
        ),
        required(
            of_root("gen_ai.conversation.id").is_some(),
            "the root span belongs to a conversation",
            "set MonitorAttributes::conversation",
        ),
        required(
            spans.iter().any(has_messages),
            "a span has the messages of request and answer",
            "check whether content is switched off (OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT)",
        ),
        match of_root("user.id") {
            Some(_) => Finding::passed(CHECK, "the root span names the user"),
            None => Finding::warned(CHECK, "the root span names no user")
                .with_remedy("set MonitorAttributes::user"),
        },
        own_attributes(spans),
    ]
}

/// Checks the attributes that are not the conventions'.
fn own_attributes(spans: &[Span]) -> Finding {
    let is_simple = |attribute: &&KeyValue| {
        let value = attribute.value.as_ref().and_then(|it| it.value.as_ref());
        matches!(
            value,
            Some(
                Value::StringValue(_)
                    | Value::BoolValue(_)
                    | Value::IntValue(_)
                    | Value::DoubleValue(_)
            )
        )
    };
    let own = spans.iter().flat_map(|span| &span.attributes);
    let own = own.filter(|attribute| !attribute.key.starts_with("gen_ai."));
    let odd: Vec<&str> = own
        .filter(|attribute| !is_simple(attribute))
        .map(|attribute| attribute.key.as_str())
        .collect();
    match odd.as_slice() {
        [] => Finding::passed(
            CHECK,
            "attributes of your own are numbers, texts or booleans",
        ),
        names => Finding::warned(CHECK, format!("not shown: {}", names.join(", ")))
            .with_remedy("use numbers, texts or booleans"),
    }
}

fn required(holds: bool, what: &str, remedy: &str) -> Finding {
    match holds {
        true => Finding::passed(CHECK, what),
        false => Finding::failed(CHECK, format!("missing: {what}")).with_remedy(remedy),
    }
}

fn operation(span: &Span) -> Option<&str> {
    text(span, "gen_ai.operation.name")
}

fn text<'a>(span: &'a Span, name: &str) -> Option<&'a str> {
    let attribute = span.attributes.iter().find(|it| it.key == name)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue};

    use super::*;

    fn span(parent: &[u8], attributes: &[(&str, &str)]) -> Span {
        let attributes = attributes.iter().map(|(key, value)| KeyValue {
            key: (*key).to_owned(),
            value: Some(AnyValue {
                value: Some(Value::StringValue((*value).to_owned())),
            }),
            ..KeyValue::default()
        });
        Span {
            parent_span_id: parent.to_vec(),
            attributes: attributes.collect(),
            ..Span::default()
        }
    }

    fn turn() -> Vec<Span> {
        let agent = [
            ("gen_ai.operation.name", "invoke_agent"),
            ("gen_ai.conversation.id", "c"),
            ("user.id", "u"),
        ];
        let call = [
            ("gen_ai.operation.name", "chat"),
            ("gen_ai.input.messages", "[]"),
            ("gen_ai.output.messages", "[]"),
        ];
        vec![span(&[], &agent), span(&[1; 8], &call)]
    }

    /// Returns what is not right with a trace.
    fn faults(spans: &[Span]) -> Vec<String> {
        let lines = list(spans).into_iter().map(|finding| finding.to_string());
        lines.filter(|line| !line.starts_with("ok")).collect()
    }

    #[test]
    fn a_turn_with_its_call_is_right() {
        assert_eq!(faults(&turn()), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_named() {
        let change = |change: &dyn Fn(&mut Vec<Span>)| {
            let mut spans = turn();
            change(&mut spans);
            faults(&spans).join("\n")
        };
        let without = |name: &'static str| {
            change(&|spans| {
                for span in spans {
                    span.attributes.retain(|it| it.key != name);
                }
            })
        };
        for (found, expected) in [
            (
                without("gen_ai.operation.name"),
                "every span names its operation",
            ),
            (
                without("gen_ai.conversation.id"),
                "belongs to a conversation",
            ),
            (
                without("gen_ai.input.messages"),
                "the messages of request and answer",
            ),
            (without("user.id"), "names no user"),
            (
                change(&|spans| drop(spans.remove(0))),
                "an agent in every trace",
            ),
            (
                change(&|spans| spans[1].parent_span_id.clear()),
                "one root span, and it is an agent",
            ),
            (change(&Vec::clear), "every span names its operation"),
            (
                change(&|spans| {
                    spans[1].attributes.push(KeyValue {
                        key: "my.list".to_owned(),
                        value: Some(AnyValue {
                            value: Some(Value::ArrayValue(ArrayValue::default())),
                        }),
                        ..KeyValue::default()
                    });
                }),
                "not shown: my.list",
            ),
        ] {
            assert!(found.contains(expected), "{expected}: {found}");
        }
    }
}
