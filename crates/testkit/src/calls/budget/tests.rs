use spanloom_core::Record;

use super::*;

/// Builds a call; `None` is an unknown figure.
fn call(cost: Option<f64>, input: Option<u64>, seconds: f64) -> RecordedCall {
    let usage = input.map(|input| {
        serde_json::json!({"gpt-4o-mini": {"prompt_tokens": input, "completion_tokens": 40, "total_tokens": input + 40}})
    });
    let cost = cost.map(|total| serde_json::json!({"total_usd": total, "source": "priced", "price_date": "2026-11-01"}));
    let record: Record = serde_json::from_value(serde_json::json!({
        "project_id": "acme/chatbot", "id": "1", "op_name": "openai.chat.completions.create",
        "started_at": "2026-11-22T10:00:00Z", "inputs": {},
        "attributes": {"tenant": "acme", "spanloom": {"operation": "chat", "response_model": "gpt-4o-mini", "outcome": "completed"}},
        "summary": {"usage": usage, "cost": cost, "latency_s": seconds},
    }))
    .unwrap();
    RecordedCall::of(record).unwrap()
}

fn calls<const N: usize>(calls: [RecordedCall; N]) -> Calls {
    calls.into_iter().collect()
}

fn three() -> Calls {
    calls([
        call(Some(0.001), Some(100), 0.5),
        call(Some(0.004), Some(400), 2.0),
        call(Some(0.002), Some(200), 1.0),
    ])
}

fn mixed() -> Calls {
    calls([call(Some(0.001), Some(100), 0.5), call(None, None, 0.5)])
}

fn message(checked: Result<(), OverBudget>) -> String {
    let error = checked.unwrap_err();
    assert_eq!(format!("{error:?}"), error.to_string());
    error.to_string()
}

#[test]
fn budgets_that_are_kept_pass() -> Result<(), OverBudget> {
    let calls = three();
    // Summed exactly: 0.001 + 0.004 + 0.002 is above 0.007 in floating-point numbers.
    calls.cost().sum().at_most(0.007)?;
    calls.cost().sum().at_least(0.007)?;
    calls.cost().each().at_most(0.004)?;
    calls.input_tokens().sum().at_most(700)?;
    calls.output_tokens().sum().at_least(120)?;
    calls.total_tokens().each().at_most(440)?;
    calls.latency().max().at_most(Duration::from_secs(2))?;
    calls
        .latency()
        .percentile(50)
        .at_most(Duration::from_secs(1))?;
    calls
        .latency()
        .percentile(50)
        .at_least(Duration::from_secs(1))?;
    calls.latency().each().at_least(Duration::from_millis(500))
}

#[test]
fn a_sum_over_its_limit_names_the_calls_the_dearest_first() {
    assert_eq!(
        message(three().cost().sum().at_most(0.0065)),
        "cost of 3 calls is $0.007, not at most $0.0065:\n  \
         chat gpt-4o-mini: $0.004, 400 in + 40 out tokens, 2s, completed (prices of 2026-11-01)\n  \
         chat gpt-4o-mini: $0.002, 200 in + 40 out tokens, 1s, completed (prices of 2026-11-01)\n  \
         chat gpt-4o-mini: $0.001, 100 in + 40 out tokens, 500ms, completed (prices of 2026-11-01)"
    );
}

#[test]
fn each_names_only_those_over_the_limit() {
    let cost = message(three().cost().each().at_most(0.002));
    assert!(
        cost.starts_with("cost of 1 of 3 calls is not at most $0.002:\n  chat"),
        "{cost}"
    );
    assert_eq!(cost.lines().count(), 2);
    let tokens = message(three().input_tokens().each().at_most(150));
    assert!(
        tokens.starts_with("input tokens of 2 of 3 calls is not at most 150:"),
        "{tokens}"
    );
}

#[test]
fn percentiles_are_those_of_the_nearest_rank() {
    let calls: Calls = (1..=100)
        .map(|number| call(None, None, f64::from(number)))
        .collect();
    for percent in [50, 90, 95, 99] {
        let limit = Duration::from_secs(percent.into());
        calls.latency().percentile(percent).at_most(limit).unwrap();
        calls.latency().percentile(percent).at_least(limit).unwrap();
    }
    let late = message(
        calls
            .latency()
            .percentile(95)
            .at_most(Duration::from_millis(94_500)),
    );
    assert!(
        late.starts_with("p95 latency of 100 calls is 95s, not at most 94.5s:"),
        "{late}"
    );
    assert!(late.ends_with("\n  and 90 calls"), "{late}");
}

#[test]
fn unknown_is_not_zero() {
    assert_eq!(
        message(mixed().cost().sum().at_most(1.0)),
        "cost of 1 of 2 calls is unknown (`ignore_unknown` leaves such calls out):\n  \
         chat gpt-4o-mini: cost unknown, ? in + ? out tokens, 500ms, completed"
    );
    let cost = mixed();
    cost.cost().ignore_unknown().sum().at_most(0.001).unwrap();
    let cost = message(cost.cost().ignore_unknown().sum().at_most(0.0005));
    assert!(
        cost.starts_with("cost of 1 call is $0.001, not at most $0.0005"),
        "{cost}"
    );
    let first = message(
        mixed()
            .time_to_first_chunk()
            .max()
            .at_most(Duration::from_secs(1)),
    );
    assert!(
        first.starts_with("time to first chunk of 2 of 2 calls is unknown:"),
        "{first}"
    );
}

#[test]
fn a_budget_for_nothing_does_not_hold() {
    assert_eq!(
        message(Calls::default().cost().sum().at_most(1.0)),
        "no calls were recorded, so there is no cost to hold to a limit"
    );
    let ignored = calls([call(None, None, 1.0)]);
    let ignored = message(ignored.cost().ignore_unknown().sum().at_most(1.0));
    assert!(
        ignored.starts_with("cost of 1 of 1 call is unknown:"),
        "{ignored}"
    );
    let odd = message(three().cost().sum().at_most(f64::NAN));
    assert_eq!(odd, "the limit is not a number");
}
