//! The file of a user's own prices: read strictly, with the first 20 faults reported at once.
//!
//! Numbers are read as the decimals they are written as, never through a floating-point number.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::rates::picodollars;
use super::{ModelPrice, Overlay, Rates};

/// The maximum length of a file, in bytes: about 50,000 models.
const MOST_BYTES: usize = 8 << 20;
/// The maximum number of faults listed; the rest are counted.
const MOST_FAULTS: usize = 20;

/// The faults of a price file: one line per fault, with its line in the file and its field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    faults: Vec<(usize, String)>,
    more: usize,
}

impl FileError {
    /// Returns the listed faults, at most twenty, as `(line, message)` with lines from 1.
    pub fn faults(&self) -> impl Iterator<Item = (usize, &str)> {
        self.faults
            .iter()
            .map(|(line, message)| (*line, message.as_str()))
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (line, message)) in self.faults.iter().enumerate() {
            let separator = if index == 0 { "" } else { "\n" };
            write!(f, "{separator}line {line}: {message}")?;
        }
        if self.more > 0 {
            write!(f, "\nand {} more", self.more)?;
        }
        Ok(())
    }
}

impl std::error::Error for FileError {}

/// The fields of an object in order, including duplicates.
struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    fields.push((Cow::Owned(name), value));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

struct Reader<'a> {
    text: &'a str,
    error: FileError,
}

pub(super) fn parse(text: &str) -> Result<Overlay, FileError> {
    let mut reader = Reader {
        text,
        error: FileError {
            faults: Vec::new(),
            more: 0,
        },
    };
    let overlay = reader.overlay();
    if reader.error.faults.is_empty() {
        Ok(overlay)
    } else {
        Err(reader.error)
    }
}

impl<'a> Reader<'a> {
    fn overlay(&mut self) -> Overlay {
        let mut overlay = Overlay::new();
        if self.text.len() > MOST_BYTES {
            self.fault(1, format!("the file is longer than {MOST_BYTES} bytes"));
            return overlay;
        }
        let whole = match serde_json::from_str::<&RawValue>(self.text) {
            Ok(whole) => whole,
            Err(error) => {
                self.fault(error.line(), format!("no JSON: {error}"));
                return overlay;
            }
        };
        let mut priced = false;
        for (name, value) in self.fields(whole, "the file") {
            match &*name {
                "date" => match serde_json::from_str::<String>(value.get()) {
                    Ok(date) if date.parse::<jiff::civil::Date>().is_ok() => {
                        overlay = overlay.with_date(&date);
                    }
                    _ => self.wrong(value, "date", "expected a day as \"YYYY-MM-DD\""),
                },
                // For people.
                "source" | "comment" => {}
                "unit" => {
                    if value.get() != UNIT {
                        self.wrong(value, "unit", &format!("expected {UNIT}"));
                    }
                }
                "providers" => {
                    priced = true;
                    for (provider, models) in self.fields(value, "providers") {
                        let path = format!("providers.{provider}");
                        for (model, price) in self.fields(models, &path) {
                            let path = format!("{path}.{model}");
                            if let Some(price) = self.model(price, &path, true) {
                                overlay.insert(&provider, &model, price);
                            }
                        }
                    }
                }
                other => self.unknown(value, other),
            }
        }
        if !priced && self.error.faults.is_empty() {
            self.fault(1, "providers: missing".to_owned());
        }
        overlay
    }

    fn model(&mut self, raw: &'a RawValue, path: &str, tiers_allowed: bool) -> Option<ModelPrice> {
        let before = self.error.count();
        let fields = self.fields(raw, path);
        if self.error.count() > before {
            return None;
        }
        let (mut levels, mut tiers, mut rates) = (Vec::new(), Vec::new(), Vec::new());
        for (name, value) in fields {
            match &*name {
                "long_context" => levels = self.long_context(value, path),
                "tiers" if tiers_allowed => {
                    let path = format!("{path}.tiers");
                    for (tier, price) in self.fields(value, &path) {
                        let price = self.model(price, &format!("{path}.{tier}"), false);
                        tiers.extend(price.map(|price| (tier, price)));
                    }
                }
                _ => rates.push((name, value)),
            }
        }
        let mut model = ModelPrice::new(self.rates(raw, rates, path)?);
        for (over, rates) in levels {
            model = model.over(over, rates);
        }
        for (tier, price) in tiers {
            model = model.in_tier(&tier, price);
        }
        Some(model)
    }

    fn long_context(&mut self, raw: &'a RawValue, path: &str) -> Vec<(u64, Rates)> {
        let path = format!("{path}.long_context");
        let Ok(list) = serde_json::from_str::<Vec<&'a RawValue>>(raw.get()) else {
            self.wrong(raw, &path, "expected a list of objects");
            return Vec::new();
        };
        let mut levels = Vec::new();
        for (index, level) in list.into_iter().enumerate() {
            let path = format!("{path}[{index}]");
            let (over, rates): (Vec<_>, Vec<_>) = self
                .fields(level, &path)
                .into_iter()
                .partition(|(name, _)| name == "over");
            let over = over.first().map(|(_, value)| value.get().parse::<u64>());
            match (over, self.rates(level, rates, &path)) {
                (Some(Ok(over)), Some(rates)) => levels.push((over, rates)),
                (Some(Ok(_)), None) => {}
                _ => self.wrong(level, &path, "expected `over`, a whole number of tokens"),
            }
        }
        levels
    }

    fn rates(
        &mut self,
        raw: &'a RawValue,
        fields: Vec<(Cow<'a, str>, &'a RawValue)>,
        path: &str,
    ) -> Option<Rates> {
        let mut rates = Rates {
            input: 0,
            output: None,
            cache_read: None,
            cache_write: None,
            cache_write_1h: None,
            input_audio: None,
            output_audio: None,
        };
        let mut input = None;
        let before = self.error.count();
        for (name, value) in fields {
            let path = format!("{path}.{name}");
            let rate = match &*name {
                "input" => &mut input,
                "output" => &mut rates.output,
                "cache_read" => &mut rates.cache_read,
                "cache_write" => &mut rates.cache_write,
                "cache_write_1h" => &mut rates.cache_write_1h,
                "input_audio" => &mut rates.input_audio,
                "output_audio" => &mut rates.output_audio,
                _ => {
                    self.unknown(value, &path);
                    continue;
                }
            };
            let written = value.get().trim_matches('"');
            match picodollars(written) {
                Ok(picos) => *rate = Some(picos),
                Err(error) => self.wrong(value, &path, &error.to_string()),
            }
        }
        if self.error.count() > before {
            return None;
        }
        let Some(input) = input else {
            self.wrong(raw, path, "`input` is missing");
            return None;
        };
        rates.input = input;
        Some(rates)
    }

    /// Returns the fields of an object; a duplicate name is a fault.
    fn fields(&mut self, raw: &'a RawValue, path: &str) -> Vec<(Cow<'a, str>, &'a RawValue)> {
        let Ok(Fields(fields)) = serde_json::from_str::<Fields<'a>>(raw.get()) else {
            self.wrong(raw, path, "expected an object");
            return Vec::new();
        };
        let mut seen = std::collections::HashSet::new();
        let doubles = fields
            .iter()
            .filter(|(name, _)| !seen.insert(name.as_ref()))
            .map(|(name, value)| (name.to_string(), *value))
            .collect::<Vec<_>>();
        for (name, value) in doubles {
            self.wrong(value, path, &format!("{name:?} stands here twice"));
        }
        fields
    }

    fn unknown(&mut self, raw: &RawValue, path: &str) {
        self.wrong(raw, path, "not a field of a price file");
    }

    fn wrong(&mut self, raw: &RawValue, path: &str, message: &str) {
        if self.error.faults.len() >= MOST_FAULTS {
            self.error.more += 1;
            return;
        }
        // A raw value is a slice of the text, so its offset gives its line.
        let at = (raw.get().as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        let before = self.text.as_bytes().get(..at).unwrap_or_default();
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        self.fault(line, format!("{path}: {message}"));
    }

    fn fault(&mut self, line: usize, message: String) {
        if self.error.faults.len() < MOST_FAULTS {
            self.error.faults.push((line, message));
        } else {
            self.error.more += 1;
        }
    }
}

impl FileError {
    fn count(&self) -> usize {
        self.faults.len() + self.more
    }
}

const UNIT: &str = "\"US dollars per million tokens\"";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Usage;

    fn total(overlay: &Overlay, model: &str, tier: &str, input: u64) -> Option<i64> {
        let usage = Usage {
            input_tokens: Some(input),
            output_tokens: Some(1_000),
            ..Usage::default()
        };
        let price = overlay.price("openai", model)?.in_tier(tier)?;
        Some(price.cost(&usage)?.total.as_nanos())
    }

    #[test]
    fn reads_rates_levels_and_tiers() {
        let overlay = Overlay::parse(
            r#"{"date": "2026-11-01", "unit": "US dollars per million tokens", "providers": {"openai": {
                "own": {"input": 0.1, "output": "0.30",
                    "long_context": [{"over": 1000, "input": 1, "output": 2}],
                    "tiers": {"Flex": {"input": 0.05, "output": 0.15}}},
                "local-*": {"input": 0, "output": 0}}}}"#,
        )
        .unwrap();
        assert_eq!(total(&overlay, "own", "default", 1_000), Some(400_000));
        assert_eq!(total(&overlay, "own", "default", 1_001), Some(3_001_000));
        assert_eq!(
            total(&overlay, "OWN-2026-01-31", "flex", 1_001),
            Some(200_050)
        );
        assert_eq!(total(&overlay, "own", "priority", 1), None);
        assert_eq!(total(&overlay, "own-large", "default", 1), None);
        assert_eq!(total(&overlay, "local-llama", "default", 1), Some(0));
    }

    #[test]
    fn tells_all_faults_with_their_lines() {
        let text = "{\"date\": \"yesterday\",\n\"providers\": {\"openai\": {\n\"a\": {\"input\": 99999},\n\"b\": {\"output\": 1},\n\"c\": {\"input\": 1e-3, \"inptu\": 1},\n\"c\": {\"input\": 1},\n\"d\": 7}}}";
        let error = Overlay::parse(text).unwrap_err();
        let lines = error.faults().map(|(line, _)| line).collect::<Vec<_>>();
        let message = error.to_string();
        assert_eq!(lines, [1, 6, 3, 4, 5, 5, 7], "{message}");
        for part in [
            "line 1: date: expected a day",
            "line 3: providers.openai.a.input: \"99999\" is above $10000 per million tokens",
            "line 4: providers.openai.b: `input` is missing",
            "line 5: providers.openai.c.inptu: not a field",
            "line 6: providers.openai: \"c\" stands here twice",
            "line 7: providers.openai.d: expected an object",
        ] {
            assert!(message.contains(part), "{part}\nnot in\n{message}");
        }
    }

    #[test]
    fn what_is_no_price_file_is_refused() {
        for text in [
            "",
            "[]",
            "{}",
            "{\"providers\": 1}",
            "{\"providers\": {}",
            "{\"provider\": {}}",
        ] {
            assert!(Overlay::parse(text).is_err(), "{text}");
        }
        let many = (0..100).map(|n| format!("\"m{n}\": 1")).collect::<Vec<_>>();
        let text = format!("{{\"providers\": {{\"openai\": {{{}}}}}}}", many.join(","));
        let message = Overlay::parse(&text).unwrap_err().to_string();
        assert!(message.ends_with("and 80 more"), "{message}");
    }
}
