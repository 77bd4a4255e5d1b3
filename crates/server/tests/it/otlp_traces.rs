//! Spans of one trace: which are the same call, and which are two.

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use prost::Message as _;
use serde_json::json;

use crate::otlp::{PROTOBUF, gzip, request, send};
use crate::setup::Running;

#[tokio::test]
async fn tokens_that_two_nested_spans_report_are_counted_once_in_any_order() {
    for inner_first in [true, false] {
        let server = Running::new().await;
        let mut inner = request(vec![2; 8]);
        inner.resource_spans[0].scope_spans[0].spans[0].parent_span_id = vec![9; 8];
        let outer = request(vec![9; 8]);
        let mut requests = [inner, outer];
        if !inner_first {
            requests.reverse();
        }
        for message in requests {
            let answer = send(&server, gzip(&message.encode_to_vec()), "gzip", PROTOBUF).await;
            assert_eq!(answer.status(), 200);
        }
        let stream = "entity=local&project=otlp&stream=shop";
        let totals = &server.get(&format!("/api/summary?{stream}")).await["totals"];
        let found = (&totals["calls"], &totals["input_tokens"]);
        assert_eq!(found, (&json!(1), &json!(1_000)), "{inner_first}: {totals}");
        let outer = "/api/call?entity=local&project=otlp&id=0909090909090909";
        let outer = server.get(outer).await;
        let below = (&outer["row"]["counts"], &outer["below"]["input_tokens"]);
        assert_eq!(below, (&json!(false), &json!(1_000)), "{outer}");
    }
}

#[tokio::test]
async fn a_call_below_one_that_had_ended_is_another_call() {
    for earlier_first in [true, false] {
        let server = Running::new().await;
        let earlier = request(vec![9; 8]);
        let mut later = request(vec![2; 8]);
        let ended = earlier.resource_spans[0].scope_spans[0].spans[0].end_time_unix_nano;
        let span = &mut later.resource_spans[0].scope_spans[0].spans[0];
        span.parent_span_id = vec![9; 8];
        (span.start_time_unix_nano, span.end_time_unix_nano) = (ended + 1_000, ended + 2_000);
        let mut requests = [earlier, later];
        if !earlier_first {
            requests.reverse();
        }
        for message in requests {
            let answer = send(&server, gzip(&message.encode_to_vec()), "gzip", PROTOBUF).await;
            assert_eq!(answer.status(), 200);
        }
        let stream = "entity=local&project=otlp&stream=shop";
        let totals = &server.get(&format!("/api/summary?{stream}")).await["totals"];
        let found = (&totals["calls"], &totals["input_tokens"]);
        assert_eq!(
            found,
            (&json!(2), &json!(2_000)),
            "{earlier_first}: {totals}"
        );
    }
}

#[tokio::test]
async fn spans_with_one_id_in_two_traces_are_two_records() {
    for in_one_request in [true, false] {
        let server = Running::new().await;
        let first = request(vec![2; 8]);
        let mut second = first.clone();
        let span = &mut second.resource_spans[0].scope_spans[0].spans[0];
        span.trace_id = vec![7; 16];
        span.name = "chat two".to_owned();
        // The second comes twice, as a resent batch does.
        let mut messages = vec![first, second.clone(), second];
        if in_one_request {
            let spans = messages
                .into_iter()
                .flat_map(|message| message.resource_spans);
            let resource_spans = spans.collect();
            messages = vec![ExportTraceServiceRequest { resource_spans }];
        }
        for message in messages {
            let answer = send(&server, gzip(&message.encode_to_vec()), "gzip", PROTOBUF).await;
            assert_eq!(answer.status(), 200);
        }
        are_two(&server).await;
    }
}

async fn are_two(server: &Running) {
    let stream = "entity=local&project=otlp&stream=shop";
    let listed = server.get(&format!("/api/calls?{stream}")).await;
    let calls = listed["calls"].as_array().unwrap();
    let mut traces: Vec<&str> = calls
        .iter()
        .map(|it| it["trace_id"].as_str().unwrap())
        .collect();
    traces.sort_unstable();
    assert_eq!(traces, ["01".repeat(16), "07".repeat(16)], "{listed}");
    for call in calls {
        let id = call["id"].as_str().unwrap();
        let detail = server
            .get(&format!("/api/call?entity=local&project=otlp&id={id}"))
            .await;
        assert_eq!(detail["call"]["trace_id"], call["trace_id"], "{detail}");
    }
}

#[tokio::test]
async fn a_child_of_a_span_whose_id_two_traces_share_has_the_parent_of_its_trace() {
    for child_first in [true, false] {
        let server = Running::new().await;
        let first = request(vec![2; 8]);
        let mut second = first.clone();
        second.resource_spans[0].scope_spans[0].spans[0].trace_id = vec![7; 16];
        let mut child = request(vec![3; 8]);
        let span = &mut child.resource_spans[0].scope_spans[0].spans[0];
        (span.trace_id, span.parent_span_id) = (vec![7; 16], vec![2; 8]);
        let mut requests = vec![first, second, child];
        if child_first {
            requests.reverse();
            requests.rotate_right(1);
        }
        for message in requests {
            let answer = send(&server, gzip(&message.encode_to_vec()), "gzip", PROTOBUF).await;
            assert_eq!(answer.status(), 200);
        }
        let get = async |id: &str| {
            let path = format!("/api/call?entity=local&project=otlp&id={id}");
            server.get(&path).await
        };
        let child = get("0303030303030303").await;
        let parent = child["row"]["parent_id"].as_str().unwrap().to_owned();
        assert_eq!(child["call"]["parent_id"], parent.as_str(), "{child_first}");
        let parent = get(&parent).await;
        assert_eq!(parent["row"]["trace_id"], "07".repeat(16), "{child_first}");
        assert_eq!(parent["row"]["counts"], false, "{child_first}");
    }
}

#[tokio::test]
async fn a_scope_is_kept_by_name() {
    let server = Running::new().await;
    let mut message = request(vec![2; 8]);
    message.resource_spans[0].scope_spans[0].scope = Some(InstrumentationScope {
        name: "opentelemetry.instrumentation.openai_v2".to_owned(),
        ..InstrumentationScope::default()
    });
    send(&server, gzip(&message.encode_to_vec()), "gzip", PROTOBUF).await;
    let call = "/api/call?entity=local&project=otlp&id=0202020202020202";
    let call = server.get(call).await;
    let scope = &call["call"]["attributes"]["otel"]["scope.name"];
    assert_eq!(scope, "opentelemetry.instrumentation.openai_v2", "{call}");
}
