//! Embeddings: small vectors that are close to each other when their texts share words.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::problem::Problem;
use super::seed::Seed;
use super::token::{Counter, narrow};
use super::usage::TokenUsage;

/// Small enough to read in a failed assertion; a request asks for more with `dimensions`.
const DIMENSIONS: usize = 16;
const MOST_DIMENSIONS: usize = 3_072;

/// The body of `POST /v1/embeddings`.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct EmbeddingRequest {
    pub(super) model: Option<String>,
    input: Option<Input>,
    encoding_format: Option<String>,
    dimensions: Option<usize>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Input {
    Text(String),
    Tokens(Vec<u32>),
    Texts(Vec<String>),
    TokenLists(Vec<Vec<u32>>),
}

/// One text: its words to hash and its number of tokens to bill.
struct Text {
    words: Vec<String>,
    tokens: u32,
}

impl EmbeddingRequest {
    pub(super) fn model(&self) -> &str {
        self.model.as_deref().unwrap_or_default()
    }

    /// Returns the response's body without its usage, and the usage.
    pub(super) fn answer(&self) -> Result<(Value, TokenUsage), Problem> {
        let texts = self.texts();
        if texts.is_empty() {
            return Err(Problem::missing("input"));
        }
        let dimensions = self.dimensions.unwrap_or(DIMENSIONS);
        if dimensions == 0 || dimensions > MOST_DIMENSIONS {
            let message =
                format!("Invalid value for 'dimensions': must be between 1 and {MOST_DIMENSIONS}.");
            return Err(Problem::bad_request(message).with_param("dimensions"));
        }
        let data = texts.iter().zip(0_u32..).map(|(text, index)| {
            json!({"object": "embedding", "index": index, "embedding": self.encode(&text.vector(dimensions))})
        });
        let data: Vec<Value> = data.collect();
        let prompt_tokens = texts.iter().map(|text| u64::from(text.tokens)).sum();
        let usage = TokenUsage {
            prompt_tokens,
            ..TokenUsage::default()
        };
        Ok((
            json!({"object": "list", "data": data, "model": self.model()}),
            usage,
        ))
    }

    fn texts(&self) -> Vec<Text> {
        let counter = Counter::of(self.model());
        match &self.input {
            None => Vec::new(),
            Some(Input::Text(text)) => vec![Text::of_text(text, counter)],
            Some(Input::Texts(texts)) => texts
                .iter()
                .map(|text| Text::of_text(text, counter))
                .collect(),
            // An empty list of any type parses as this variant.
            Some(Input::Tokens(tokens)) if tokens.is_empty() => Vec::new(),
            Some(Input::Tokens(tokens)) => vec![Text::of_tokens(tokens)],
            Some(Input::TokenLists(lists)) => {
                lists.iter().map(|tokens| Text::of_tokens(tokens)).collect()
            }
        }
    }

    fn encode(&self, vector: &[f32]) -> Value {
        if self.encoding_format.as_deref() == Some("base64") {
            let bytes: Vec<u8> = vector
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect();
            return json!(STANDARD.encode(bytes));
        }
        json!(vector)
    }
}

impl Text {
    fn of_text(text: &str, counter: Counter) -> Self {
        let words = text
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty());
        Self {
            words: words.map(str::to_lowercase).collect(),
            tokens: counter.count(text),
        }
    }

    fn of_tokens(tokens: &[u32]) -> Self {
        Self {
            words: tokens.iter().map(u32::to_string).collect(),
            tokens: narrow(tokens.len()),
        }
    }

    /// Returns the sum of the vectors of the words, scaled to length one.
    fn vector(&self, dimensions: usize) -> Vec<f32> {
        let seeds: Vec<Seed> = self
            .words
            .iter()
            .map(|word| Seed::new(0).mix(word.as_bytes()))
            .collect();
        let value = |dimension| {
            seeds
                .iter()
                .map(|seed| component(*seed, dimension))
                .sum::<f32>()
        };
        let sum: Vec<f32> = (0..).map(value).take(dimensions).collect();
        let length = sum.iter().map(|value| value * value).sum::<f32>().sqrt();
        if length > 0.0 {
            sum.iter().map(|value| value / length).collect()
        } else {
            unit(dimensions)
        }
    }
}

/// Returns a number from -1 to 1.
fn component(seed: Seed, dimension: u64) -> f32 {
    let number = u16::try_from(seed.mix_number(dimension).between(0, 65_535)).unwrap_or_default();
    f32::from(number) / 32_767.5 - 1.0
}

/// Returns the vector for a text without words, since a vector of zeros has no direction to compare.
fn unit(dimensions: usize) -> Vec<f32> {
    (0..dimensions)
        .map(|dimension| if dimension == 0 { 1.0 } else { 0.0 })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(text: &str) -> Vec<f32> {
        Text::of_text(text, Counter::of("text-embedding-3-small")).vector(64)
    }

    fn similarity(left: &str, right: &str) -> f32 {
        vector(left)
            .iter()
            .zip(vector(right))
            .map(|(l, r)| l * r)
            .sum()
    }

    #[test]
    fn texts_that_share_words_are_nearer_than_others() {
        assert!((similarity("the red fox", "the red fox") - 1.0).abs() < 1e-5);
        let near = similarity("the quick red fox", "the quick red dog");
        assert!(near > similarity("the quick red fox", "invoices are due monthly"));
        assert_eq!(vector("..."), unit(64));
    }
}
