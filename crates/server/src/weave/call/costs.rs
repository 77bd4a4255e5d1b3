//! The costs of a call's models: a project's own prices, else the cost that the call's recorder knew, else the built-in
//! prices.

use std::collections::HashMap;

use serde_json::{Map, Value, json};
use spanloom_core::{CostSummary, PricedUsage, Record, Summary, Timestamp, Usage};

use super::summary;
use crate::reply::Problem;
use crate::store::{DocumentKind, Store};

/// Adds the costs to `summary.weave`, without a project's own prices.
pub(crate) fn add_costs(record: &mut Record) {
    if let Some(costs) = of(record, &ProjectPrices::default()) {
        summary::add(record, Map::from_iter([("costs".to_owned(), costs)]));
    }
}

/// The prices of a project, by model.
#[derive(Debug, Default)]
pub(in crate::weave) struct ProjectPrices(HashMap<String, Vec<ProjectPrice>>);

/// A price that a project's user has set.
#[derive(Debug)]
struct ProjectPrice {
    effective_at: Timestamp,
    /// As [`costs`](crate::weave::costs) stores them.
    fields: Map<String, Value>,
}

impl ProjectPrice {
    fn dollars(&self, name: &str) -> f64 {
        self.fields.get(name).and_then(Value::as_f64).unwrap_or(0.0)
    }
}

impl ProjectPrices {
    pub(in crate::weave) fn read(store: &Store, project: &str) -> Result<Self, Problem> {
        let mut prices: HashMap<String, Vec<ProjectPrice>> = HashMap::new();
        store.documents(DocumentKind::Price, project, None, |document| {
            let fields: Map<String, Value> =
                serde_json::from_str(&document.fields).unwrap_or_default();
            let date = fields.get("effective_date").and_then(Value::as_str);
            let effective_at = date.and_then(|date| date.parse().ok());
            prices.entry(document.key).or_default().push(ProjectPrice {
                effective_at: effective_at.unwrap_or(document.created_at),
                fields,
            });
            true
        })?;
        for of_model in prices.values_mut() {
            of_model.sort_by_key(|price| price.effective_at.as_nanos());
        }
        Ok(Self(prices))
    }

    /// Returns the costs of a call, as `summary.weave.costs`; `None` if none is known.
    pub(in crate::weave) fn costs(&self, record: &Record) -> Option<Value> {
        of(record, self)
    }

    /// Returns the newest price of a model that was effective at a time.
    fn at(&self, model: &str, time: Timestamp) -> Option<&ProjectPrice> {
        let of_model = self.0.get(model)?;
        of_model.iter().rfind(|price| price.effective_at <= time)
    }

    /// Returns the newest price of a model, whenever it is effective.
    fn newest(&self, model: &str) -> Option<&ProjectPrice> {
        self.0.get(model)?.last()
    }
}

/// Returns `costs[model]` in Weave's fields; `None` if no cost is known.
pub(super) fn of(record: &Record, prices: &ProjectPrices) -> Option<Value> {
    let stated = Summary::from_map(&record.summary).cost;
    let models = record.priced_usage();
    // A stated cost is that of all models together.
    let stated = stated.filter(|_| models.len() == 1);
    let mut costs = Map::new();
    for of_model in models {
        let (model, time) = (of_model.model.as_str(), record.started_at);
        let cost = match (prices.at(model, time), &stated) {
            (Some(price), _) => Some(by_project(&of_model.usage, price)),
            (None, Some(stated)) => Some(by_recorder(&of_model, stated)),
            // Our recorder knows more than the record has: without a cost, it found no price.
            (None, None) if record.info().attempts.is_some() => None,
            (None, None) => by_table(&of_model),
        };
        let later = || Some(by_project(&of_model.usage, prices.newest(model)?));
        if let Some(mut fields) = cost.or_else(later) {
            put_tokens(&mut fields, &of_model);
            fields
                .entry("provider_id")
                .or_insert_with(|| record.info().provider.into());
            costs.insert(of_model.model, Value::Object(fields));
        }
    }
    (!costs.is_empty()).then_some(Value::Object(costs))
}

fn put_tokens(fields: &mut Map<String, Value>, of_model: &PricedUsage) {
    let usage = &of_model.usage;
    for (name, count) in [
        ("requests", Some(of_model.requests)),
        ("prompt_tokens", usage.input_tokens),
        ("completion_tokens", usage.output_tokens),
        ("total_tokens", usage.total_tokens()),
        ("cache_read_input_tokens", usage.cache_read_tokens),
        ("cache_creation_input_tokens", usage.cache_write_tokens),
    ] {
        fields.insert(name.to_owned(), json!(count.unwrap_or(0)));
    }
}

/// The costs and the prices of a model, all in US dollars; `None` for what is not known.
#[derive(Default)]
struct Costs {
    /// Of input that is not cached, reads of the cache, writes to it, and output.
    totals: [Option<f64>; 4],
    prices: [Option<f64>; 4],
    effective_date: Value,
    created_at: Value,
    level: &'static str,
    created_by: &'static str,
}

impl Costs {
    fn fields(self) -> Map<String, Value> {
        const NAMES: [&str; 4] = [
            "prompt_token",
            "cache_read_input_token",
            "cache_creation_input_token",
            "completion_token",
        ];
        let mut fields = Map::new();
        let all = NAMES.into_iter().zip(self.totals).zip(self.prices);
        for ((name, total), price) in all {
            fields.insert(format!("{name}_cost"), json!(price));
            fields.insert(format!("{name}s_total_cost"), json!(total.unwrap_or(0.0)));
        }
        for (name, value) in [
            ("prompt_token_cost_unit", "USD".into()),
            ("completion_token_cost_unit", "USD".into()),
            ("effective_date", self.effective_date),
            ("pricing_level", self.level.into()),
            ("pricing_level_id", self.level.into()),
            ("created_by", self.created_by.into()),
            ("created_at", self.created_at),
        ] {
            fields.insert(name.to_owned(), value);
        }
        fields
    }
}

fn by_project(usage: &Usage, price: &ProjectPrice) -> Map<String, Value> {
    let tokens = |count: Option<u64>| count.unwrap_or(0) as f64;
    let (read, written) = (
        tokens(usage.cache_read_tokens),
        tokens(usage.cache_write_tokens),
    );
    let plain = (tokens(usage.input_tokens) - read - written).max(0.0);
    let prices = [
        "prompt_token_cost",
        "cache_read_input_token_cost",
        "cache_creation_input_token_cost",
        "completion_token_cost",
    ]
    .map(|name| price.dollars(name));
    let counts = [plain, read, written, tokens(usage.output_tokens)];
    let mut totals = [None; 4];
    for (total, (count, price)) in totals.iter_mut().zip(counts.into_iter().zip(prices)) {
        *total = Some(count * price);
    }
    let field = |name: &str| price.fields.get(name).cloned().unwrap_or_default();
    let costs = Costs {
        totals,
        prices: prices.map(Some),
        effective_date: field("effective_date"),
        created_at: field("created_at"),
        level: "project",
        created_by: crate::weave::graphql::USER_NAME,
    };
    let mut fields = costs.fields();
    for name in [
        "provider_id",
        "pricing_level_id",
        "prompt_token_cost_unit",
        "completion_token_cost_unit",
    ] {
        fields.insert(name.to_owned(), field(name));
    }
    fields
}

/// Shows the cost that the recorder knew: it had the user's own prices, and the tier of the call.
fn by_recorder(of_model: &PricedUsage, stated: &CostSummary) -> Map<String, Value> {
    // Without its parts, the whole cost is shown as that of input, so that the sum is right.
    let rest = |part: f64| (stated.total_usd - part).max(0.0);
    let output = stated.output_usd.or(stated.input_usd.map(rest));
    let output = Some(output.unwrap_or(0.0));
    let input = stated.input_usd.or(output.map(rest));
    let date = json!(stated.price_date);
    let usage = &of_model.usage;
    // The parts are known where the built-in prices are those of the recorder.
    let parts = of_model.price.and_then(|price| {
        let cost = price.cost(usage)?;
        let is_same = (cost.total.as_dollars() - stated.total_usd).abs() < 1e-9;
        Some(price.token_prices(usage)?).filter(|_| is_same)
    });
    let costs = match parts {
        Some(prices) => split(usage, input, output, prices),
        None => Costs {
            totals: [input, None, None, output],
            ..Costs::default()
        },
    };
    let costs = Costs {
        effective_date: date.clone(),
        created_at: date,
        level: "default",
        created_by: "system",
        ..costs
    };
    costs.fields()
}

fn by_table(of_model: &PricedUsage) -> Option<Map<String, Value>> {
    let (price, usage) = (of_model.price?, &of_model.usage);
    let (cost, prices) = (price.cost(usage)?, price.token_prices(usage)?);
    let dollars = |amount: Option<spanloom_core::Usd>| amount.map(spanloom_core::Usd::as_dollars);
    let date = json!(price.date());
    let costs = Costs {
        effective_date: date.clone(),
        created_at: date,
        level: "default",
        created_by: "system",
        ..split(usage, dollars(cost.input), dollars(cost.output), prices)
    };
    Some(costs.fields())
}

/// Divides the cost of input into its parts, whose sum it stays.
fn split(
    usage: &Usage,
    input: Option<f64>,
    output: Option<f64>,
    prices: spanloom_core::price::TokenPrices,
) -> Costs {
    let times = |count: Option<u64>, price: f64| count.unwrap_or(0) as f64 * price;
    let read = times(usage.cache_read_tokens, prices.cache_read);
    let written = times(usage.cache_write_tokens, prices.cache_write);
    Costs {
        totals: [
            input.map(|input| input - read - written),
            Some(read),
            Some(written),
            output,
        ],
        prices: [
            Some(prices.input),
            Some(prices.cache_read),
            Some(prices.cache_write),
            prices.output,
        ],
        ..Costs::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn costs(summary: &Value, prices: &ProjectPrices) -> Value {
        let call = json!({"project_id": "e/p", "id": "1", "op_name": "openai.chat.completions.create",
            "started_at": "2026-11-22T10:00:00Z", "summary": summary});
        of(&serde_json::from_value(call).unwrap(), prices).unwrap_or_default()
    }

    fn sum(of_model: &Value) -> f64 {
        let fields = of_model.as_object().unwrap().iter();
        let totals = fields.filter(|(name, _)| name.ends_with("_total_cost"));
        totals.map(|(_, total)| total.as_f64().unwrap()).sum()
    }

    fn price(date: &str, per_token: f64) -> ProjectPrice {
        let fields = json!({"prompt_token_cost": per_token, "completion_token_cost": 2.0 * per_token, "cache_read_input_token_cost": 0.0,
            "effective_date": date, "provider_id": "own", "pricing_level_id": "e/p", "prompt_token_cost_unit": "EUR"});
        let Value::Object(fields) = fields else {
            panic!("an object");
        };
        ProjectPrice {
            effective_at: date.parse().unwrap(),
            fields,
        }
    }

    #[test]
    fn an_unknown_cost_is_absent_and_cached_tokens_are_apart() {
        let none = ProjectPrices::default();
        let usage = json!({"m": {"requests": 1, "prompt_tokens": 3, "completion_tokens": 2}});
        assert_eq!(costs(&json!({"usage": usage}), &none), Value::Null);
        let stated = json!({"usage": usage, "cost": {"total_usd": 0.5, "input_usd": 0.2, "output_usd": 0.3, "source": "priced"}});
        let found = costs(&stated, &none);
        assert_eq!(
            (
                &found["m"]["completion_tokens_total_cost"],
                sum(&found["m"])
            ),
            (&json!(0.3), 0.5)
        );
        assert_eq!(found["m"]["prompt_token_cost"], Value::Null);
        for part in ["input_usd", "output_usd"] {
            let one = json!({"usage": usage, "cost": {"total_usd": 0.5, part: 0.2, "source": "reported"}});
            assert_eq!(sum(&costs(&one, &none)["m"]), 0.5, "{part}");
        }
        let usage = json!({"gpt-4o-mini": {"prompt_tokens": 3_000_000, "completion_tokens": 1_000_000,
            "prompt_tokens_details": {"cached_tokens": 1_000_000}}});
        let found = &costs(&json!({"usage": usage}), &none)["gpt-4o-mini"];
        let [plain, read, output] = ["prompt", "cache_read_input", "completion"]
            .map(|kind| found[format!("{kind}_tokens_total_cost")].as_f64().unwrap());
        assert_eq!((plain, read, output), (0.3, 0.075, 0.6));
        assert_eq!(found["prompt_token_cost"], 0.15e-6);
        assert_eq!(found["cache_read_input_tokens"], 1_000_000);
    }

    #[test]
    fn the_projects_price_of_the_day_wins() {
        let usage = json!({"gpt-4o-mini": {"prompt_tokens": 10, "completion_tokens": 10, "prompt_tokens_details": {"cached_tokens": 4}}});
        let stated = json!({"usage": usage, "cost": {"total_usd": 9.0, "source": "priced"}});
        let of_model = |prices| ProjectPrices(HashMap::from([("gpt-4o-mini".to_owned(), prices)]));
        let prices = of_model(vec![
            price("2026-01-01T00:00:00Z", 1.0),
            price("2026-11-01T00:00:00Z", 2.0),
            price("2026-12-01T00:00:00Z", 3.0),
        ]);
        let found = &costs(&stated, &prices)["gpt-4o-mini"];
        assert_eq!(sum(found), 6.0 * 2.0 + 10.0 * 4.0);
        assert_eq!(
            (&found["pricing_level"], &found["provider_id"]),
            (&json!("project"), &json!("own"))
        );
        assert_eq!(found["prompt_token_cost_unit"], "EUR");
        // A price of the future counts only where there is no other one.
        let future = of_model(vec![price("2026-12-01T00:00:00Z", 3.0)]);
        assert_eq!(sum(&costs(&stated, &future)["gpt-4o-mini"]), 9.0);
        let unknown = json!({"usage": {"m": {"prompt_tokens": 1, "completion_tokens": 0}}});
        let future = ProjectPrices(HashMap::from([(
            "m".to_owned(),
            vec![price("2026-12-01T00:00:00Z", 3.0)],
        )]));
        assert_eq!(sum(&costs(&unknown, &future)["m"]), 3.0);
    }
}
