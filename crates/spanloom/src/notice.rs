//! Lines for the people who run the service.

use std::io::{Write as _, stderr};

use spanloom_exporter::Receipt;

/// Prints to stderr, since stdout may be a program's output. A closed stderr is not a reason to panic.
pub(crate) fn print(line: &str) {
    drop(writeln!(stderr(), "{line}"));
}

/// Returns the lines about undelivered records and models without a price; empty if there is nothing to act on.
pub(crate) fn at_the_end(receipt: &Receipt, unpriced_models: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    if !receipt.is_complete() {
        lines.push(format!("spanloom: not everything was delivered: {receipt}"));
    }
    if !unpriced_models.is_empty() {
        let models = unpriced_models.join(", ");
        lines.push(format!(
            "spanloom: no price is known for {models}, so these calls have no cost. Add a price to the file that SPANLOOM_PRICES names"
        ));
    }
    lines
}
