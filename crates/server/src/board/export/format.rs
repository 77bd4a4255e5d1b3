//! The form of a file, and what has been written of it.

use super::csv;
use super::line::{self, Line};
use super::parquet::Parquet;
use crate::board::parameters::Parameters;
use crate::reply::Problem;

/// The form of a file.
#[derive(Clone, Copy)]
pub(super) enum Format {
    JsonLines,
    Csv,
    Parquet,
}

impl Format {
    pub(super) fn read(parameters: &Parameters) -> Result<Self, Problem> {
        match parameters.one("format").unwrap_or("jsonl") {
            "jsonl" => Ok(Self::JsonLines),
            "csv" => Ok(Self::Csv),
            "parquet" => Ok(Self::Parquet),
            _ => Err(Problem::bad_request("format must be jsonl, csv or parquet")),
        }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::JsonLines => "application/jsonl",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Parquet => "application/vnd.apache.parquet",
        }
    }

    pub(super) fn disposition(self) -> &'static str {
        match self {
            Self::JsonLines => "attachment; filename=\"calls.jsonl\"",
            Self::Csv => "attachment; filename=\"calls.csv\"",
            Self::Parquet => "attachment; filename=\"calls.parquet\"",
        }
    }

    /// Returns the bytes at which a page is full. Readers of Parquet take a page, which is a row group, at once.
    pub(super) fn page_bytes(self) -> usize {
        match self {
            Self::JsonLines | Self::Csv => 256 << 10,
            Self::Parquet => 4 << 20,
        }
    }
}

/// Writes a file page by page.
pub(super) enum Writer {
    JsonLines,
    Csv,
    Parquet(Box<Parquet>),
}

impl Writer {
    /// Returns a writer, and what stands before the first call.
    pub(super) fn start(format: Format) -> Result<(Self, Vec<u8>), Problem> {
        match format {
            Format::JsonLines => Ok((Self::JsonLines, Vec::new())),
            Format::Csv => Ok((Self::Csv, csv::header()?)),
            Format::Parquet => {
                let parquet = Parquet::start()?;
                Ok((Self::Parquet(Box::new(parquet)), Vec::new()))
            }
        }
    }

    /// Returns the bytes of calls.
    pub(super) fn write(&mut self, lines: Vec<Line>) -> Result<Vec<u8>, Problem> {
        match self {
            Self::JsonLines => Ok(line::json(lines.into_iter())),
            Self::Csv => csv::rows(lines.into_iter()),
            Self::Parquet(parquet) => parquet.write(&lines),
        }
    }

    /// Returns what stands after the last call.
    pub(super) fn finish(&mut self) -> Result<Vec<u8>, Problem> {
        match self {
            Self::JsonLines | Self::Csv => Ok(Vec::new()),
            Self::Parquet(parquet) => parquet.finish(),
        }
    }
}
