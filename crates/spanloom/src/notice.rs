//! Lines for whoever runs the service.

use std::io::{Write as _, stderr};

use spanloom_exporter::Receipt;

/// Not on stdout, which may be a program's output; and a closed stderr is no reason for a panic.
pub(crate) fn print(line: &str) {
    drop(writeln!(stderr(), "{line}"));
}

/// What was not delivered, and which models have no price; nothing when there is nothing to do about.
pub(crate) fn at_the_end(receipt: &Receipt, unpriced_models: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    if !receipt.is_complete() {
        lines.push(format!("spanloom: not everything was delivered: {receipt}"));
    }
    if !unpriced_models.is_empty() {
        let models = unpriced_models.join(", ");
        lines.push(format!(
            "spanloom: no price is known for {models}: calls to it have no cost. Give one in the file SPANLOOM_PRICES names"
        ));
    }
    lines
}
