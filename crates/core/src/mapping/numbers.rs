//! Tokens, cost and times.

use super::attribute::Attributes;
use super::content::json_of;
use super::dialect;
use crate::json::{Document, Node};
use crate::price::Table;
use crate::record::{CallInfo, CostSummary, StatusCode, Summary, UsageSummary};
use crate::usage::{self, COUNTS, Reported};
use crate::{Outcome, StatedCost, Timestamp, Usage, UsageSource, semconv as names};

/// Takes the token counts, and the cost that an object of counts states.
pub(super) fn reported(attributes: &mut Attributes) -> Reported {
    let mut reported = objects(attributes);
    let usage = &mut reported.usage;
    for count in &COUNTS {
        let found = attributes.take_count(count.attributes);
        let field = (count.of)(usage);
        *field = field.or(found);
    }
    let total = attributes.take_count(dialect::TOTAL_TOKENS);
    usage::settle(usage, total, false);
    let source = attributes.take_text(&[names::SPANLOOM_USAGE_SOURCE]);
    if usage.is_known() {
        usage.source = source
            .and_then(|word| UsageSource::from_word(&word))
            .or(Some(UsageSource::Reported));
    }
    reported
}

/// Takes the objects of counts and of costs, in the provider's words or the instrumentation's: they know more than the
/// attributes.
fn objects(attributes: &mut Attributes) -> Reported {
    let usage = dialect::USAGE_OBJECTS.iter().find_map(|name| {
        take_object(attributes, name, |object| {
            Some(usage::of_object(object)).filter(|reported| reported.usage.is_known())
        })
    });
    let mut found = usage.unwrap_or_default();
    found.cost = found.cost.or_else(|| {
        let costs = dialect::COST_OBJECTS.iter();
        // Langfuse writes a cost of 0 for calls that failed.
        let read = |object: Node<'_>| usage::of_costs(object).filter(|cost| cost.total > 0.0);
        costs
            .clone()
            .find_map(|name| take_object(attributes, name, read))
    });
    found
}

/// Takes an attribute if its JSON can be read.
fn take_object<T>(
    attributes: &mut Attributes,
    name: &str,
    read: impl Fn(Node<'_>) -> Option<T>,
) -> Option<T> {
    let json = json_of(attributes.get(name)?).into_owned();
    let found = read(Document::read(json.as_bytes()).root())?;
    attributes.drop(&[name]);
    Some(found)
}

pub(super) fn summary(
    attributes: &mut Attributes,
    info: &CallInfo,
    Reported { usage, cost }: &Reported,
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
        time_to_first_chunk_s: time_to_first_chunk(attributes, started_at, ended_at),
        cost: self::cost(attributes, info, usage, *cost, started_at),
        status_code,
    }
}

/// Takes the time to the first chunk, in seconds, from a duration in any unit or from the time it came.
fn time_to_first_chunk(
    attributes: &mut Attributes,
    started_at: Timestamp,
    ended_at: Timestamp,
) -> Option<f64> {
    let duration = dialect::FIRST_CHUNK.iter().find_map(|(name, unit)| {
        let number = attributes.take_number(&[name])?;
        Some(number * unit)
    });
    duration.or_else(|| {
        let text = attributes.take_text(dialect::FIRST_CHUNK_TIME)?;
        let time: Timestamp = text.trim_matches('"').parse().ok()?;
        let is_within = (started_at..=ended_at).contains(&time);
        is_within.then(|| time.since(started_at).as_secs_f64())
    })
}

/// Returns the cost the span states, else reported tokens times the price table, else nothing.
fn cost(
    attributes: &mut Attributes,
    info: &CallInfo,
    usage: &Usage,
    in_object: Option<StatedCost>,
    started_at: Timestamp,
) -> Option<CostSummary> {
    let mut number = |names: &[&str]| attributes.take_number(names).filter(|cost| *cost >= 0.0);
    let total = number(dialect::COST_TOTAL);
    let input_usd = number(dialect::COST_INPUT);
    let output_usd = number(dialect::COST_OUTPUT);
    let source = attributes.take_text(&[names::SPANLOOM_COST_SOURCE]);
    let price_date = attributes.take_text(&[names::SPANLOOM_PRICE_DATE]);
    let price_source = attributes.take_text(&[names::SPANLOOM_PRICE_SOURCE]);
    let is_dollars = attributes
        .text(dialect::COST_CURRENCY)
        .is_none_or(|currency| currency.eq_ignore_ascii_case("usd"));
    let sum = || Some(input_usd? + output_usd?);
    let stated = total.or_else(sum).filter(|_| is_dollars);
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
    if let Some(stated) = in_object {
        return Some(CostSummary {
            total_usd: stated.total,
            input_usd: stated.input,
            output_usd: stated.output,
            source: "reported".to_owned(),
            price_date: None,
            price_source: None,
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
        .find_map(|model| table.price(provider, model))?
        .at(started_at);
    let price = match info.service_tier.as_deref() {
        Some(tier) => price.in_tier(tier)?,
        None => price,
    };
    price.cost(usage).as_ref().map(CostSummary::from)
}
