//! The price of a record that states no cost, from its usage.

use serde_json::Value;

use super::Record;
use crate::json::Document;
use crate::price::{Price, Table};
use crate::{Usage, provider, usage};

/// The tokens of one model in a record, with the model's price.
#[derive(Clone, Debug)]
pub struct PricedUsage {
    /// The model, as the record names it.
    pub model: String,
    /// The number of requests, ≥ 1.
    pub requests: u64,
    /// The tokens.
    pub usage: Usage,
    /// The built-in price at the record's start; `None` for a model without one.
    pub price: Option<Price<'static>>,
}

impl Record {
    /// Returns the tokens of each model in the record's usage, with their built-in prices, in the order of the models'
    /// names. The provider is the one that the record names, else that of its op's name (`openai.chat.completions.create`),
    /// else the only one that makes the model.
    #[must_use]
    pub fn priced_usage(&self) -> Vec<PricedUsage> {
        let usage = self.summary.get("usage").and_then(Value::as_object);
        let info = self.info();
        let word = match info.provider {
            Some(provider) => Some(provider),
            None => provider::provider_named(self.op()).map(str::to_owned),
        };
        let of_model = |(model, entry): (&String, &Value)| {
            let text = entry.as_object().map(|_| entry.to_string())?;
            let document = Document::read(text.as_bytes());
            let usage = usage::of_object(document.root()).usage;
            let provider = provider::provider_of(word.as_deref(), Some(model));
            let price = provider.and_then(|provider| Table::builtin().price(&provider, model));
            Some(PricedUsage {
                model: model.clone(),
                requests: entry.get("requests").and_then(Value::as_u64).unwrap_or(1),
                usage,
                price: price.map(|price| price.at(self.started_at)),
            })
        };
        usage.into_iter().flatten().filter_map(of_model).collect()
    }

    /// Returns the op's name: that in a reference (`weave:///e/p/op/NAME:DIGEST`), or the name as it is.
    #[must_use]
    pub fn op(&self) -> &str {
        crate::weave::op(&self.op_name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record(op_name: &str, usage: &Value) -> Record {
        let call = json!({"project_id": "e/p", "id": "1", "op_name": op_name, "started_at": "2026-11-22T10:00:00Z", "summary": {"usage": usage}});
        serde_json::from_value(call).unwrap()
    }

    #[test]
    fn usage_as_clients_write_it_has_a_price() {
        let usage = json!({
            "gpt-4o-mini": {"requests": 2, "prompt_tokens": 1_000_000, "completion_tokens": 0, "prompt_tokens_details": {"cached_tokens": 1_000_000}},
            "my-model": {"prompt_tokens": 1, "completion_tokens": 1},
        });
        for op in [
            "weave:///e/p/op/openai.chat.completions.create:abc",
            "f",
            "openai.chat",
        ] {
            let priced = record(op, &usage).priced_usage();
            let [known, unknown] = priced.as_slice() else {
                panic!("two models: {priced:?}");
            };
            let cost = known.price.unwrap().cost(&known.usage).unwrap();
            assert_eq!(
                (known.requests, cost.total.as_dollars()),
                (2, 0.075),
                "{op}"
            );
            assert!(unknown.price.is_none() && unknown.requests == 1);
        }
        assert!(record("f", &json!({"m": null})).priced_usage().is_empty());
    }

    #[test]
    fn names_of_ops_and_their_references() {
        assert_eq!(
            record("weave:///acme/chatbot/op/my_op:abc", &json!({})).op(),
            "my_op"
        );
        assert_eq!(
            record("openai.chat.completions.create", &json!({})).op(),
            "openai.chat.completions.create"
        );
    }
}
