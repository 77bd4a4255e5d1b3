//! Spans of one trace: which are the same call, and which are two.

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
    let server = Running::new().await;
    let first = request(vec![2; 8]);
    let mut second = first.clone();
    let span = &mut second.resource_spans[0].scope_spans[0].spans[0];
    span.trace_id = vec![7; 16];
    span.name = "chat two".to_owned();
    // The second comes twice, as a resent batch does.
    for message in [&first, &second, &second] {
        let answer = send(&server, gzip(&message.encode_to_vec()), "gzip", PROTOBUF).await;
        assert_eq!(answer.status(), 200);
    }
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
