//! The names of spanloom's own variables, and hints for names that look like them.

use strsim::damerau_levenshtein;

const PREFIX: &str = "SPANLOOM_";

/// The variables that the monitor reads, then those of the server and of the configurations in `deploy`.
const NAMES: [&str; 11] = [
    "SPANLOOM_URL",
    "SPANLOOM_QUIET",
    "SPANLOOM_PRICES",
    "SPANLOOM_SPOOL",
    "SPANLOOM_SPOOL_DIR",
    "SPANLOOM_LISTEN",
    "SPANLOOM_DB",
    "SPANLOOM_MAX_SIZE",
    "SPANLOOM_MAX_AGE",
    "SPANLOOM_PROJECT",
    "SPANLOOM_BOARD_DIST",
];

/// What a user may call the variable with the address of the server.
const ADDRESSES: [&str; 6] = ["SERVER", "ADDRESS", "ADDR", "HOST", "ENDPOINT", "BACKEND"];

/// Beginnings of names that others set: our tests, and Kubernetes for a service named `spanloom`.
const OTHERS: [&str; 3] = ["TEST_", "SERVICE_", "PORT"];

/// The most names that are reported: an environment may have any number.
const MOST: usize = 3;

/// Returns a hint for each variable that nothing reads although its name begins as ours do. Names only: a value may be a
/// key.
pub(super) fn hints(names: impl Iterator<Item = String>) -> Vec<String> {
    let unknown = names.filter(|name| {
        let is_others = |rest: &str| OTHERS.iter().any(|other| rest.starts_with(other));
        let is_known = NAMES.contains(&name.as_str());
        let rest = name.strip_prefix(PREFIX);
        rest.is_some_and(|rest| !is_known && !is_others(rest))
    });
    let mut unknown: Vec<String> = unknown.take(MOST).map(|name| hint(&name)).collect();
    unknown.sort_unstable();
    unknown
}

fn hint(name: &str) -> String {
    let shown: String = name.chars().take(60).collect();
    match meant(name) {
        Some(meant) => format!("{shown} is not a variable of spanloom: use {meant}"),
        None => format!(
            "{shown} is not a variable of spanloom: the documentation of the crate lists all"
        ),
    }
}

/// Returns the name that was probably meant.
fn meant(name: &str) -> Option<&'static str> {
    let rest = name.strip_prefix(PREFIX)?;
    if ADDRESSES.iter().any(|word| rest.starts_with(word)) || rest.ends_with("URL") {
        return Some("SPANLOOM_URL");
    }
    let distance = |known: &&&str| damerau_levenshtein(rest, known.trim_start_matches(PREFIX));
    let nearest = NAMES.iter().min_by_key(distance)?;
    (distance(&nearest) <= 2).then_some(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_nothing_reads_has_a_hint() {
        let of = |name: &str| hints([name.to_owned()].into_iter()).pop();
        for (name, meant) in [
            ("SPANLOOM_SERVER", "SPANLOOM_URL"),
            ("SPANLOOM_SERVER_URL", "SPANLOOM_URL"),
            ("SPANLOOM_ENDPOINT", "SPANLOOM_URL"),
            ("SPANLOOM_QUITE", "SPANLOOM_QUIET"),
            ("SPANLOOM_PRICE", "SPANLOOM_PRICES"),
            ("SPANLOOM_SPOOLDIR", "SPANLOOM_SPOOL_DIR"),
        ] {
            let hint = of(name).unwrap();
            assert!(hint.starts_with(name) && hint.ends_with(meant), "{hint}");
        }
        assert!(of("SPANLOOM_COLOUR").is_some_and(|hint| hint.contains("lists all")));
        for known in NAMES.into_iter().chain([
            "PATH",
            "WANDB_API_KEY",
            "SPANLOOM_SERVICE_HOST",
            "SPANLOOM_PORT_7440_TCP",
        ]) {
            assert_eq!(of(known), None, "{known}");
        }
        let many = (0..100).map(|number| format!("SPANLOOM_X{number}"));
        assert_eq!(hints(many).len(), MOST);
    }
}
