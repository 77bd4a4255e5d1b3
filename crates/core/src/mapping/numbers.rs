//! Tokens, cost and times.

use super::attribute::Attributes;
use crate::price::Table;
use crate::record::{CallInfo, CostSummary, StatusCode, Summary, UsageSummary};
use crate::usage::COUNTS;
use crate::{Outcome, Timestamp, Usage, UsageSource, semconv as names};

/// Takes the token counts.
pub(super) fn usage(attributes: &mut Attributes) -> Usage {
    let mut usage = Usage::default();
    for count in &COUNTS {
        *(count.of)(&mut usage) = attributes.take_count(count.attributes);
    }
    let source = attributes.take_text(&[names::SPANLOOM_USAGE_SOURCE]);
    if usage.is_known() {
        usage.source = source
            .and_then(|word| UsageSource::from_word(&word))
            .or(Some(UsageSource::Reported));
    }
    usage
}

pub(super) fn summary(
    attributes: &mut Attributes,
    info: &CallInfo,
    usage: &Usage,
    failed: bool,
    (started_at, ended_at): (Timestamp, Timestamp),
) -> Summary {
    let model = info.model().unwrap_or("unknown").to_owned();
    let outcome = info.outcome.as_deref().and_then(Outcome::from_word);
    let status_code = match outcome {
        _ if failed => StatusCode::Error,
        Some(Outcome::Cancelled | Outcome::Unknown) => StatusCode::Unset,
        _ => StatusCode::Success,
    };
    Summary {
        usage: usage
            .is_known()
            .then(|| (model, UsageSummary::from(usage)))
            .into_iter()
            .collect(),
        latency_s: Some(ended_at.since(started_at).as_secs_f64()),
        time_to_first_chunk_s: attributes
            .take_number(&[names::GEN_AI_RESPONSE_TIME_TO_FIRST_CHUNK]),
        cost: cost(attributes, info, usage),
        status_code,
    }
}

/// Returns the cost the span states, else reported tokens times the price table, else nothing.
fn cost(attributes: &mut Attributes, info: &CallInfo, usage: &Usage) -> Option<CostSummary> {
    let stated = attributes.take_number(&[names::SPANLOOM_COST_TOTAL_USD]);
    let input_usd = attributes.take_number(&[names::SPANLOOM_COST_INPUT_USD]);
    let output_usd = attributes.take_number(&[names::SPANLOOM_COST_OUTPUT_USD]);
    let source = attributes.take_text(&[names::SPANLOOM_COST_SOURCE]);
    let price_date = attributes.take_text(&[names::SPANLOOM_PRICE_DATE]);
    let price_source = attributes.take_text(&[names::SPANLOOM_PRICE_SOURCE]);
    if let Some(total_usd) = stated {
        let source = source.unwrap_or_else(|| "reported".to_owned());
        return Some(CostSummary {
            total_usd,
            input_usd,
            output_usd,
            source,
            price_date,
            price_source,
        });
    }
    // Our recorder had more than the span carries (the user's own prices, the requested tier) and found no price.
    if info.attempts.is_some() {
        return None;
    }
    let provider = info.provider.as_deref()?;
    let table = Table::builtin();
    let models = [
        info.response_model.as_deref(),
        info.request_model.as_deref(),
    ];
    let price = models
        .into_iter()
        .flatten()
        .find_map(|model| table.price(provider, model))?;
    let price = match info.service_tier.as_deref() {
        Some(tier) => price.in_tier(tier)?,
        None => price,
    };
    price.cost(usage).as_ref().map(CostSummary::from)
}
