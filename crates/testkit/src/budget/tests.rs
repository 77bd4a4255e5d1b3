use std::time::Duration;

use spanloom_core::{Json, Record};

use super::*;
use crate::{Calls, RecordedCall, assert_cost, assert_latency, assert_tokens};

/// A call as records have it; what is `None` is not known.
fn call(cost: Option<f64>, input: Option<u64>, seconds: f64) -> RecordedCall {
    let usage = input.map(|input| {
        serde_json::json!({"gpt-4o-mini": {"prompt_tokens": input, "completion_tokens": 40, "total_tokens": input + 40}})
    });
    let cost = cost.map(|total| serde_json::json!({"total_usd": total, "source": "priced", "price_date": "2026-11-01"}));
    let record: Record = serde_json::from_str(
        &serde_json::json!({
            "project_id": "acme/chatbot", "id": "1", "op_name": "openai.chat.completions.create",
            "started_at": "2026-11-22T10:00:00Z", "inputs": {},
            "attributes": {"tenant": "acme", "spanloom": {"operation": "chat", "response_model": "gpt-4o-mini", "outcome": "completed"}},
            "summary": {"usage": usage, "cost": cost, "latency_s": seconds},
        })
        .to_string(),
    )
    .unwrap();
    assert_eq!(record.inputs, Json::empty());
    RecordedCall::of(record).unwrap()
}

fn three() -> Calls {
    [
        call(Some(0.001), Some(100), 0.5),
        call(Some(0.004), Some(400), 2.0),
        call(Some(0.002), Some(200), 1.0),
    ]
    .into_iter()
    .collect()
}

/// The message of a check that fails.
fn message(check: impl FnOnce() + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(check).unwrap_err();
    *panic.downcast::<String>().unwrap()
}

#[test]
fn budgets_that_are_kept_say_nothing() {
    let calls = three();
    assert_cost!(calls, <= 0.007);
    assert_cost!(calls, == 0.007); // summed exactly, where 0.001 + 0.004 + 0.002 are not 0.007 in floating numbers
    assert_cost!(calls, > 0.006);
    assert_cost!(calls, each <= 0.004);
    assert_cost!(calls, < 1);
    assert_tokens!(calls, input <= 700);
    assert_tokens!(calls, output == 120);
    assert_tokens!(calls, total <= 820,);
    assert_tokens!(calls, each total <= 440);
    assert_latency!(calls, max <= 2 s);
    assert_latency!(calls, p50 <= 1000 ms);
    assert_latency!(calls, p50 >= 1.0 s);
    assert_latency!(calls, mean <= Duration::from_millis(1_167));
    assert_latency!(calls, each >= 500 ms);
    let limit = Duration::from_secs(3);
    assert_latency!(calls, p95 < limit);
    // One of them, a slice, a vector, a reference.
    assert_cost!(calls[0], <= 0.001);
    assert_tokens!(&calls[..2], input == 500);
    assert_tokens!(calls.to_vec(), input == 700);
    assert_tokens!(&calls, input == 700);
    let few: u64 = 10;
    assert_tokens!(calls, input <= few * 70);
}

#[test]
fn a_sum_over_its_limit_names_the_calls_the_dearest_first() {
    assert_eq!(
        message(|| assert_cost!(three(), <= 0.0065)),
        "cost of 3 calls is $0.007, not <= $0.0065:\n  \
         chat gpt-4o-mini: $0.004, 400 in + 40 out tokens, 2s, completed (prices of 2026-11-01)\n  \
         chat gpt-4o-mini: $0.002, 200 in + 40 out tokens, 1s, completed (prices of 2026-11-01)\n  \
         chat gpt-4o-mini: $0.001, 100 in + 40 out tokens, 500ms, completed (prices of 2026-11-01)"
    );
    let tokens = message(|| assert_tokens!(three()[1], total < 440));
    assert_eq!(
        tokens,
        "total tokens of 1 call is 440, not < 440:\n  \
         chat gpt-4o-mini: $0.004, 400 in + 40 out tokens, 2s, completed (prices of 2026-11-01)"
    );
}

#[test]
fn each_names_only_those_over_the_limit() {
    let cost = message(|| assert_cost!(three(), each <= 0.002));
    assert!(
        cost.starts_with("cost of 1 of 3 calls is not <= $0.002:\n  chat"),
        "{cost}"
    );
    assert_eq!(cost.lines().count(), 2);
    let tokens = message(|| assert_tokens!(three(), each input <= 150));
    assert!(
        tokens.starts_with("input tokens of 2 of 3 calls is not <= 150:"),
        "{tokens}"
    );
    let latency = message(|| assert_latency!(three(), each <= 1.5 s));
    assert!(
        latency.starts_with("latency of 1 of 3 calls is not <= 1.5s:"),
        "{latency}"
    );
}

#[test]
fn percentiles_are_those_of_the_nearest_rank() {
    let calls: Calls = (1..=100)
        .map(|number| call(None, None, f64::from(number)))
        .collect();
    for (percent, seconds) in [(50, 50), (90, 90), (95, 95), (99, 99)] {
        let (which, limit) = (Latency::Percentile(percent), Duration::from_secs(seconds));
        let exactly = Comparison::Exactly;
        latency(&calls, false, which, exactly, limit, Unknown::Fail).unwrap();
    }
    let late = message(move || assert_latency!(calls, p95 <= 94.5 s));
    assert!(
        late.starts_with("p95 latency of 100 calls is 95s, not <= 94.5s:"),
        "{late}"
    );
    assert!(late.ends_with("\n  and 90 calls"), "{late}");
    let one = call(None, None, 7.0);
    assert_latency!(one, p50 == 7 s);
}

#[test]
fn unknown_is_not_nothing() {
    let mixed = || -> Vec<_> { vec![call(Some(0.001), Some(100), 0.5), call(None, None, 0.5)] };
    let cost = message(|| assert_cost!(mixed(), <= 1));
    assert_eq!(
        cost,
        "cost of 1 of 2 calls is unknown (`unknown = ignore` leaves such calls out):\n  \
         chat gpt-4o-mini: cost unknown, ? in + ? out tokens, 500ms, completed"
    );
    let tokens = message(|| assert_tokens!(mixed(), each input <= 1_000));
    assert!(
        tokens.starts_with("input tokens of 1 of 2 calls is unknown"),
        "{tokens}"
    );
    assert_cost!(mixed(), <= 0.001, unknown = ignore);
    assert_tokens!(mixed(), each input <= 100, unknown = ignore);
    let cost = message(|| assert_cost!(mixed(), <= 0.0005, unknown = ignore));
    assert!(
        cost.starts_with("cost of 1 call is $0.001, not <= $0.0005"),
        "{cost}"
    );
    let first = message(|| assert_latency!(mixed(), first_chunk p50 <= 1 s));
    assert!(
        first.starts_with("time to first chunk of 2 of 2 calls is unknown:"),
        "{first}"
    );
}

#[test]
fn a_budget_for_nothing_does_not_hold() {
    let none = message(|| assert_cost!(Calls::default(), <= 1));
    assert_eq!(
        none,
        "no calls were recorded, so there is no cost to hold to a limit"
    );
    let ignored = message(|| assert_cost!(call(None, None, 1.0), <= 1, unknown = ignore));
    assert!(
        ignored.starts_with("cost of 1 of 1 call is unknown:"),
        "{ignored}"
    );
    let odd = message(|| assert_cost!(three(), <= f64::NAN));
    assert_eq!(odd, "NaN is no amount of dollars");
}
