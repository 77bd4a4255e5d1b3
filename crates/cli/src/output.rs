//! Everything the program prints. A reader that is gone (a closed pipe) is not a reason to stop.

use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _, stderr, stdout};

/// Prints a line of requested output to stdout.
pub(crate) fn line(text: impl Display) {
    drop(writeln!(stdout(), "{text}"));
}

/// Prints JSON to stdout; to a terminal without what could steer it.
pub(crate) fn json(value: &serde_json::Value) {
    let text = value.to_string();
    match stdout().is_terminal() {
        true => line(without_controls(&text)),
        false => line(text),
    }
}

/// Prints an additional line to stderr.
pub(crate) fn note(text: impl Display) {
    drop(writeln!(stderr(), "{text}"));
}

/// Prints why the program failed.
pub(crate) fn error(text: impl Display) {
    note(format_args!("spanloom: {text}"));
}

/// Returns the first line of a model's text, without control characters, cut to `width` characters.
pub(crate) fn first_line(text: &str, width: usize) -> String {
    let line = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let mut shown: String = line
        .chars()
        .filter(|c| !is_control(*c))
        .take(width + 1)
        .collect();
    if shown.chars().count() > width {
        shown.pop();
        shown.push('…');
    }
    shown
}

/// Returns a model's text without control characters other than line breaks and tabs.
pub(crate) fn without_controls(text: &str) -> String {
    let is_kept = |c: &char| matches!(c, '\n' | '\t') || !is_control(*c);
    text.chars().filter(is_kept).collect()
}

/// Returns whether `c` is a control character or changes the direction of text.
fn is_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}')
}

#[cfg(test)]
mod tests {
    use super::{first_line, without_controls};

    #[test]
    fn a_models_text_cannot_steer_the_terminal() {
        assert_eq!(
            first_line("\n  \n\u{1b}[31mred\u{202e}x\nsecond", 80),
            "[31mredx"
        );
        assert_eq!(without_controls("a\n\u{1b}[31m\u{202e}b\r"), "a\n[31mb");
        assert_eq!(first_line("abcdef", 3), "abc…");
        assert_eq!(first_line("", 3), "");
    }
}
