//! Tables, of which datasets and evaluations are made.
//!
//! | file | what |
//! |---|---|
//! | `create` | `POST /table/create`, `/table/create_from_digests` |
//! | `update` | `POST /table/update` |
//! | `query` | `POST /table/query` |
//! | `stats` | `POST /table/query_stats`, `/table/query_stats_batch` |

mod create;
mod query;
mod stats;
mod update;

use axum::http::StatusCode;
pub(super) use create::{create, create_from_digests};
pub(super) use query::query;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha256};
pub(super) use stats::{query_stats, query_stats_batch};
pub(super) use update::update;

use super::digest::{self, NoDigest};
use crate::reply::Problem;
use crate::store::{Table, TableRow};

/// The maximum number of rows of a table, and of those that a request adds, names or takes away.
const MOST_ROWS: usize = 1_000_000;
const MOST_CHANGED: usize = 100_000;

/// Refuses more rows than a request or a table may have. Clients divide a request that is too large.
fn check_count(rows: usize, most: usize) -> Result<(), Problem> {
    match rows > most {
        true => Err(Problem::too_large(format!(
            "there are more than {most} rows"
        ))),
        false => Ok(()),
    }
}

/// Returns a row with its digest.
fn row(value: &RawValue) -> Result<TableRow, Problem> {
    if !value.get().starts_with('{') {
        return Err(unprocessable("a row of a table must be an object"));
    }
    let digest = digest::of_value(value).map_err(|no_digest| match no_digest {
        NoDigest::Reference => Problem::bad_request("a ref in a row has no project"),
        NoDigest::Value => unprocessable("a row is nested too deeply, or contains an invalid text"),
    })?;
    Ok(TableRow {
        digest,
        value: value.get().to_owned(),
    })
}

/// Returns the table of rows with these digests. Its digest is SHA-256 over theirs, as hex digits.
fn table(rows: Vec<String>) -> Table {
    let mut hash = Sha256::new();
    for row in &rows {
        hash.update(row);
    }
    let digest = hash.finalize();
    Table {
        digest: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        rows,
    }
}

/// Refuses a table whose digest is not the one that its client computed.
fn check_digest(table: &Table, expected: Option<&String>) -> Result<(), Problem> {
    match expected {
        Some(expected) if *expected != table.digest => {
            let reason = format!(
                "the table's digest is {}, not the expected one",
                table.digest
            );
            Err(Problem::new(StatusCode::CONFLICT, reason))
        }
        _ => Ok(()),
    }
}

fn unprocessable(reason: &str) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values and digests of W&B's clients 0.52.43 to 0.54.0.
    #[test]
    fn digests_are_those_of_the_clients() {
        for (value, expected) in [
            ("{}", "RBNvo1WzZ4oRRq0W9XhknpT7T8If536DEMBg9hyqY4o"),
            (
                r#"{"a":2.0}"#,
                "tpA0tZ4amEnVE9jC0DuCAnLVXGKFZddoakEkiDfJXNQ",
            ),
            (
                r#"{"b":1,"a":"é"}"#,
                "1zkT77MJtZhs3JWS7IaXxaAkwiQM4yF893fTlsTjg60",
            ),
            (
                r#"{"a":1e20,"b":1e-7,"c":[{"z":1,"y":null}]}"#,
                "svYCYWw6nh0Rdx4QB1QYZbipedRyOTSJaXZOACkmZsI",
            ),
            (
                "{\"k\":\"/\u{7f}\u{2028}😀\\n\"}",
                "0NvAB96tFyGOk07kGYY7Kr2ebORIbCvEl2ltzaDcXMw",
            ),
        ] {
            let value = RawValue::from_string(value.to_owned()).unwrap();
            assert_eq!(row(&value).unwrap().digest, expected, "{value}");
        }
        let rows = ["{\"a\":1}", "{\"a\":2}"].map(|value| {
            row(&RawValue::from_string(value.to_owned()).unwrap())
                .unwrap()
                .digest
        });
        assert_eq!(
            table(rows.to_vec()).digest,
            "1c95cdc46a75d6e7e971986a80adfcd676dd22f2222a3405c7743f3db8df6785"
        );
        let no_row = RawValue::from_string("[1]".to_owned()).unwrap();
        assert!(row(&no_row).is_err());
    }
}
