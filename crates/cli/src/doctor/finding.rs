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

    pub(super) fn failed(&self) -> usize {
        let failed = self.0.iter();
        failed
            .filter(|it| it.outcome == CheckOutcome::Failed)
            .count()
    }

    pub(super) fn any_failed(&self) -> bool {
        self.failed() > 0
    }
}

impl fmt::Display for Finding {
    /// Writes a line, and another for the remedy.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, &self.detail)
    }
}

impl Finding {
    fn write(&self, f: &mut fmt::Formatter<'_>, detail: &str) -> fmt::Result {
        let mark = match self.outcome {
            CheckOutcome::Passed => "ok  ",
            CheckOutcome::Warned => "note",
            CheckOutcome::Failed => "FAIL",
        };
        write!(f, "{mark}  {:<14} {detail}", self.check)?;
        if let Some(remedy) = &self.remedy {
            write!(f, "\n      {:<14} -> {remedy}", "")?;
        }
        Ok(())
    }
}

impl fmt::Display for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_same = |a: &Finding, b: &Finding| {
            let have_passed = [a, b].iter().all(|it| it.outcome == CheckOutcome::Passed);
            have_passed && a.check == b.check
        };
        for (index, of_check) in self.0.chunk_by(is_same).enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            // Fields that arrived are one line.
            if let Some(first) = of_check.first() {
                let details: Vec<&str> = of_check.iter().map(|it| &*it.detail).collect();
                first.write(f, &details.join("; "))?;
            }
        }
        Ok(())
    }
}
