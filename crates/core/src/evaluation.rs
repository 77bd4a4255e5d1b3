//! The evaluation of a call by a scorer or a person.
//!
//! Source: GenAI semantic conventions, event `gen_ai.evaluation.result`; W&B's feedback, `wandb.runnable.NAME`.

use serde_json::{Map, Value, json};

use crate::Timestamp;
use crate::semconv as names;

/// The longest name of an evaluation, in characters.
const NAME_CHARS: usize = 128;

/// The evaluation of a call: a score, a label, or both, with a reason.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    name: String,
    score: Option<f64>,
    label: Option<String>,
    explanation: Option<String>,
    error_type: Option<String>,
}

impl Evaluation {
    /// Creates an evaluation by a scorer, such as `relevance`: a name of low cardinality.
    #[must_use]
    pub fn new(scorer: &str) -> Self {
        Self {
            name: scorer.to_owned(),
            ..Self::default()
        }
    }

    /// Sets the score, in the scorer's own range.
    #[must_use]
    pub fn with_score(mut self, score: f64) -> Self {
        self.score = Some(score);
        self
    }

    /// Sets a word for the outcome, such as `pass`.
    #[must_use]
    pub fn with_label(mut self, label: &str) -> Self {
        self.label = Some(label.to_owned());
        self
    }

    /// Sets the reason, which may quote the call: it is recorded only if content is.
    #[must_use]
    pub fn with_explanation(mut self, explanation: &str) -> Self {
        self.explanation = Some(explanation.to_owned());
        self
    }

    /// Sets why the scorer failed: a word of low cardinality, such as `timeout`.
    #[must_use]
    pub fn with_error(mut self, error_type: &str) -> Self {
        self.error_type = Some(error_type.to_owned());
        self
    }

    /// Returns the evaluation with other texts: `change` gets each, and the explanation stays only if `with_explanation`.
    #[must_use]
    pub fn filtered(self, with_explanation: bool, change: impl Fn(&str) -> String) -> Self {
        let explanation = self.explanation.filter(|_| with_explanation);
        Self {
            name: change(&self.name),
            score: self.score,
            label: self.label.map(|text| change(&text)),
            explanation: explanation.map(|text| change(&text)),
            error_type: self.error_type.map(|text| change(&text)),
        }
    }

    /// Reads the attributes of the convention's event; `None` without a name.
    #[must_use]
    pub fn of_event(attributes: &Map<String, Value>) -> Option<Self> {
        let text = |name| Some(attributes.get(name)?.as_str()?.to_owned());
        Some(Self {
            name: text(names::GEN_AI_EVALUATION_NAME)?,
            score: attributes
                .get(names::GEN_AI_EVALUATION_SCORE_VALUE)
                .and_then(Value::as_f64),
            label: text(names::GEN_AI_EVALUATION_SCORE_LABEL),
            explanation: text(names::GEN_AI_EVALUATION_EXPLANATION),
            error_type: text(names::ERROR_TYPE),
        })
    }

    /// Returns the attributes of the convention's event.
    #[must_use]
    pub fn attributes(&self) -> Vec<(&'static str, Value)> {
        let texts = [
            (names::GEN_AI_EVALUATION_NAME, Some(&self.name)),
            (names::GEN_AI_EVALUATION_SCORE_LABEL, self.label.as_ref()),
            (
                names::GEN_AI_EVALUATION_EXPLANATION,
                self.explanation.as_ref(),
            ),
            (names::ERROR_TYPE, self.error_type.as_ref()),
        ];
        let texts = texts
            .into_iter()
            .filter_map(|(name, text)| Some((name, Value::from(text?.as_str()))));
        let score = self.score.map(Value::from);
        let score = score.map(|score| (names::GEN_AI_EVALUATION_SCORE_VALUE, score));
        texts.chain(score).collect()
    }

    /// Returns the request that stores the evaluation as W&B's feedback on a call of `project`; `None` without a usable name. The
    /// same evaluation always has the same id, so that it may be sent again.
    #[must_use]
    pub fn feedback(&self, project: &str, call: &str, at: Timestamp) -> Option<Value> {
        let name = reference_name(&self.name);
        if name.is_empty() {
            return None;
        }
        let output = [
            ("score", self.score.map(Value::from)),
            ("label", self.label.clone().map(Value::from)),
            ("explanation", self.explanation.clone().map(Value::from)),
            ("error", self.error_type.clone().map(Value::from)),
        ];
        let output = output
            .into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)));
        let output: Map<String, Value> = output.collect();
        let id = format!("{call}-{:x}-{name}", at.as_nanos());
        Some(json!({
            "id": id,
            "project_id": project,
            "weave_ref": format!("weave:///{project}/call/{call}"),
            "feedback_type": format!("wandb.runnable.{name}"),
            "payload": {"output": output},
            // W&B asks for the scorer, and for no more of it than its name.
            "runnable_ref": format!("weave:///{project}/object/{name}:{}", at.as_nanos()),
        }))
    }
}

/// Returns a name as references may have it.
fn reference_name(name: &str) -> String {
    let allowed = |c: char| {
        let is_allowed = c.is_alphanumeric() || "-_. ".contains(c);
        if is_allowed { c } else { '-' }
    };
    let name = name.trim().chars().take(NAME_CHARS);
    name.map(allowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_read_as_it_is_written() {
        let evaluation = Evaluation::new("relevance")
            .with_score(0.5)
            .with_label("pass")
            .with_explanation("it answers")
            .with_error("timeout");
        let attributes = evaluation.attributes().into_iter();
        let attributes = attributes
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        assert_eq!(Evaluation::of_event(&attributes), Some(evaluation.clone()));
        let lean = evaluation.filtered(false, str::to_uppercase);
        let expected = Evaluation::new("RELEVANCE").with_score(0.5);
        let expected = expected.with_label("PASS").with_error("TIMEOUT");
        assert_eq!(lean, expected);
        assert_eq!(Evaluation::of_event(&Map::new()), None);
    }

    #[test]
    fn feedback_names_the_call_and_the_scorer() {
        let at = Timestamp::from_nanos(255);
        let evaluation = Evaluation::new("a/b").with_score(1.0);
        let feedback = evaluation.feedback("acme/shop", "c1", at).unwrap();
        assert_eq!(feedback["id"], "c1-ff-a-b");
        assert_eq!(feedback["weave_ref"], "weave:///acme/shop/call/c1");
        assert_eq!(feedback["feedback_type"], "wandb.runnable.a-b");
        assert_eq!(feedback["payload"], json!({"output": {"score": 1.0}}));
        assert_eq!(evaluation.feedback("acme/shop", "c1", at), Some(feedback));
        assert_eq!(Evaluation::new(" ").feedback("a/b", "c", at), None);
    }
}
