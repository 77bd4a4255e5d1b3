//! The file of a user's own prices.

use std::fs;
use std::io::Read as _;

use spanloom_core::price::Overlay;
use spanloom_instrumentation::PriceBook;

use crate::config::Variable;
use crate::error::{ErrorKind, Fault};

/// The largest price file read, in bytes; the parser's own limit is lower.
const MOST_BYTES: u64 = 16 << 20;

/// Reads the file that `SPANLOOM_PRICES` names.
pub(crate) fn read(variable: &Variable) -> Result<PriceBook, Fault> {
    let path = variable.text();
    let fail = |what: &dyn std::fmt::Display| {
        let why = format!("the price file {path:?} cannot be used:\n{what}");
        variable.fault(ErrorKind::Prices, why)
    };
    // Reading a pipe could block forever.
    if fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(fail(&"it is not a file"));
    }
    let mut json = String::new();
    fs::File::open(path)
        .and_then(|file| file.take(MOST_BYTES).read_to_string(&mut json))
        .map_err(|error| fail(&error))?;
    let own = Overlay::parse(&json).map_err(|error| fail(&error))?;
    Ok(PriceBook::new(own))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Variables;

    fn read(path: &str) -> Result<PriceBook, Fault> {
        let set = |_: &str| Some(path.to_owned());
        super::read(&Variables(&set).get("SPANLOOM_PRICES").unwrap())
    }

    #[test]
    fn a_broken_file_is_an_error_that_says_what_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("prices.json");
        let path = path.to_str().unwrap();
        let missing = read(path).unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::Prices);
        assert!(missing.to_string().contains("prices.json"), "{missing}");

        fs::write(
            path,
            "{\"providers\": {\"openai\": {\n\"gpt-4o\": {\"input\": 99999}}}}",
        )
        .unwrap();
        let broken = read(path).unwrap_err().to_string();
        assert!(
            broken.contains(
                "line 2: providers.openai.gpt-4o.input: \"99999\" is above $10000 per million"
            ),
            "{broken}"
        );

        fs::write(
            path,
            "{\"providers\": {\"openai\": {\"gpt-4o\": {\"input\": 1}}}}",
        )
        .unwrap();
        assert!(
            read(path)
                .unwrap()
                .overlay()
                .price("openai", "gpt-4o")
                .is_some()
        );
    }
}
