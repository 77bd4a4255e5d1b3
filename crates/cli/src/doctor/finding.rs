//! The results of the checks.

use std::fmt;

use serde::Serialize;

/// The result of one check.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    check: String,
    outcome: CheckOutcome,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum CheckOutcome {
    Passed,
    Warned,
    Failed,
}

impl Finding {
    fn new(outcome: CheckOutcome, check: &str, detail: impl Into<String>) -> Self {
        Self {
            check: check.to_owned(),
            outcome,
            detail: detail.into(),
            remedy: None,
        }
    }

    pub(super) fn passed(check: &str, detail: impl Into<String>) -> Self {
        Self::new(CheckOutcome::Passed, check, detail)
    }

    pub(super) fn warned(check: &str, detail: impl Into<String>) -> Self {
        Self::new(CheckOutcome::Warned, check, detail)
    }

    pub(super) fn failed(check: &str, detail: impl Into<String>) -> Self {
        Self::new(CheckOutcome::Failed, check, detail)
    }

    pub(super) fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }
}

/// All findings, in the order they were made.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub(super) struct Findings(Vec<Finding>);

impl Findings {
    pub(super) fn add(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    pub(super) fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        self.0.extend(findings);
    }

    pub(super) fn any_failed(&self) -> bool {
        self.0
            .iter()
            .any(|finding| finding.outcome == CheckOutcome::Failed)
    }
}

impl fmt::Display for Finding {
    /// Writes a line, and another for the remedy.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.outcome {
            CheckOutcome::Passed => "ok  ",
            CheckOutcome::Warned => "note",
            CheckOutcome::Failed => "FAIL",
        };
        write!(f, "{mark}  {:<14} {}", self.check, self.detail)?;
        if let Some(remedy) = &self.remedy {
            write!(f, "\n      {:<14} -> {remedy}", "")?;
        }
        Ok(())
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            finding.fmt(f)?;
        }
        Ok(())
    }
}
