//! Adopting spanloom takes a handful of lines: the examples before and after show how many.

use std::fs;

/// The number of lines that may differ.
const MOST: usize = 5;

/// Returns a file without the documentation at its top.
fn code(example: &str) -> Vec<String> {
    let path = super::root().join("examples").join(example);
    let text = fs::read_to_string(path).unwrap();
    let code = text.lines().skip_while(|line| line.starts_with("//!"));
    code.map(str::to_owned).collect()
}

/// Returns how many lines of `after` are not in `before`, and vice versa, as a line diff shows.
fn differing(before: &[String], after: &[String]) -> (usize, usize) {
    // The longest common subsequence, row by row.
    let mut common = vec![0; after.len() + 1];
    for line in before {
        let mut diagonal = 0;
        for (at, other) in after.iter().enumerate() {
            let above = common[at + 1];
            common[at + 1] = if line == other {
                diagonal + 1
            } else {
                above.max(common[at])
            };
            diagonal = above;
        }
    }
    let same = common[after.len()];
    (after.len() - same, before.len() - same)
}

#[test]
fn a_service_is_monitored_by_five_lines_at_most() {
    let before = code("axum_service.rs");
    for (example, lines) in [
        ("axum_service_monitored.rs", 4),
        ("axum_service_beside.rs", 2),
    ] {
        let (added, removed) = differing(&before, &code(example));
        assert_eq!(
            added, lines,
            "{example}; its head and the documents say how many"
        );
        assert!(
            added <= MOST && removed <= added,
            "{example}: {removed} removed"
        );
    }
}

#[test]
fn lines_are_counted_as_a_diff_shows_them() {
    let lines = |text: &str| -> Vec<String> { text.split(' ').map(str::to_owned).collect() };
    assert_eq!(differing(&lines("a b c"), &lines("a x b y c")), (2, 0));
    assert_eq!(differing(&lines("a b c"), &lines("a x c")), (1, 1));
}
