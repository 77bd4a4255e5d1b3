//! Tables: lists of rows, which are stored once for each project and digest.

use rusqlite::{Connection, OptionalExtension as _, params};

use super::{Refused, Store};
use crate::error::Error;

/// A row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TableRow {
    pub(crate) digest: String,
    /// JSON, as it was sent.
    pub(crate) value: String,
}

/// A table: the digests of its rows, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) digest: String,
    pub(crate) rows: Vec<String>,
}

impl Store {
    /// Stores a table, and rows that it may have.
    pub(crate) async fn put_table(
        &self,
        project: String,
        table: Table,
        rows: Vec<TableRow>,
    ) -> Result<(), Refused> {
        let digests = table.rows.iter().map(String::len).sum::<usize>();
        let bytes = digests + rows.iter().map(|row| row.value.len()).sum::<usize>();
        self.writer()
            .run(bytes, move |connection| {
                put(connection, &project, &table, &rows)
            })
            .await
    }

    /// Returns the digests of a table's rows. Blocks on the disk.
    pub(crate) fn table(&self, project: &str, digest: &str) -> Result<Option<Vec<String>>, Error> {
        let select = "SELECT rows FROM table_rows WHERE project = ?1 AND digest = ?2";
        let rows: Option<String> = self.with_reader(|connection| {
            let mut select = connection.prepare_cached(select)?;
            let rows = select.query_row([project, digest], |row| row.get(0));
            rows.optional()
        })?;
        Ok(rows.map(|rows| rows.lines().map(str::to_owned).collect()))
    }

    /// Returns the bytes of rows. Blocks on the disk.
    pub(crate) fn table_bytes(&self, project: &str, rows: &[String]) -> Result<i64, Error> {
        let select = "SELECT octet_length(val) FROM table_row WHERE project = ?1 AND digest = ?2";
        self.with_reader(|connection| {
            let mut select = connection.prepare_cached(select)?;
            let mut bytes = 0_i64;
            for row in rows {
                let of_row = select.query_row([project, row], |row| row.get(0));
                bytes = bytes.saturating_add(of_row.optional()?.unwrap_or(0));
            }
            Ok(bytes)
        })
    }

    /// Returns the value of a row. Blocks on the disk.
    pub(crate) fn table_row(&self, project: &str, digest: &str) -> Result<Option<String>, Error> {
        let select = "SELECT val FROM table_row WHERE project = ?1 AND digest = ?2";
        self.with_reader(|connection| {
            let mut select = connection.prepare_cached(select)?;
            let value = select.query_row([project, digest], |row| row.get(0));
            value.optional()
        })
    }
}

fn put(
    connection: &Connection,
    project: &str,
    table: &Table,
    rows: &[TableRow],
) -> rusqlite::Result<()> {
    let insert = "INSERT OR IGNORE INTO table_row(project, digest, val) VALUES(?1, ?2, ?3)";
    let mut insert = connection.prepare_cached(insert)?;
    for row in rows {
        insert.execute(params![project, row.digest, row.value])?;
    }
    let insert = "INSERT OR IGNORE INTO table_rows(project, digest, rows) VALUES(?1, ?2, ?3)";
    let mut insert = connection.prepare_cached(insert)?;
    let lines = table.rows.join("\n");
    insert
        .execute(params![project, table.digest, lines])
        .map(drop)
}
