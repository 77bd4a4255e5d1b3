//! Door 1: `init_monitor` together with a service's own pipeline. The service's traces stay unchanged.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::service::{HALF_SAMPLED, Street, is_sampled, trace_id, traceparent};
use crate::spans::{Span, own};

/// Requests, each in a separate trace.
const REQUESTS: u8 = 16;

#[tokio::test(flavor = "multi_thread")]
async fn the_services_own_traces_and_sampling_decisions_stay_as_they_are() {
    let street = Street::new().await;
    let mut seen = Vec::new();
    for (example, name) in [
        ("axum_service", "before"),
        ("axum_service_beside", "beside"),
    ] {
        let environment = [
            HALF_SAMPLED[0],
            HALF_SAMPLED[1],
            ("WF_TRACE_SERVER_URL", street.spanloom.url.as_str()),
        ];
        let service = street.service(example, name, &environment).await;
        for number in 1..=REQUESTS {
            service
                .post("/ask", "what is 2+2?", &traceparent(number))
                .await;
        }
        service.stop().await;
        let sampled = sampled(&street, name).await;
        seen.push(sampled);
    }
    assert_eq!(seen[0], seen[1]);

    // The monitor's records: every call, sampled or not, in its trace, as a root.
    let is_record = |call: &Value| call["attributes"]["stream"] == "axum_service";
    let calls = street
        .spanloom
        .wait_for_such("acme/services", usize::from(REQUESTS), is_record)
        .await;
    assert_eq!(calls.len(), usize::from(REQUESTS), "{calls:#?}");
    for number in 1..=REQUESTS {
        let call = calls
            .iter()
            .find(|call| call["trace_id"] == trace_id(number).as_str())
            .unwrap();
        assert!(call["parent_id"].is_null(), "{call:#}");
        assert!(
            call["attributes"]["spanloom"]["outer_span_id"].is_string(),
            "{call:#}"
        );
        assert!(call["output"]["choices"].is_array(), "{call:#}");
    }
}

/// Returns the service's own spans in the collector's file, from the sampled traces.
async fn sampled(street: &Street, name: &str) -> BTreeSet<String> {
    let sampled = (1..=REQUESTS).filter(|number| is_sampled(*number)).count();
    let spans = street.collected_own(name, 3 * sampled).await;
    let (calls, own_spans): (Vec<Span>, Vec<Span>) = spans.into_iter().partition(Span::is_call);
    let traces: BTreeSet<&str> = own_spans.iter().map(|span| span.trace.as_str()).collect();
    assert!(
        !traces.is_empty() && traces.len() < usize::from(REQUESTS),
        "the sampler decides: {traces:?}"
    );
    // The environment sets the collector for the monitor too: its spans are separate from the service's.
    for call in &calls {
        assert!(
            call.attributes.contains_key("spanloom.outer_span_id"),
            "{call:#?}"
        );
        assert!(
            own_spans.iter().all(|span| span.parent != call.id),
            "{call:#?}"
        );
    }
    own(&own_spans)
}
