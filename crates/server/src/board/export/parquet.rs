//! Calls as a Parquet file: numbers as numbers, unknown ones as null, content as JSON texts.

use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::Type;

use super::line::Line;
use crate::reply::Problem;

/// A column: its name, and its value in a call.
struct Column {
    name: &'static str,
    of: Of,
}

/// The value of a column; `None` is null.
enum Of {
    Text(fn(&Line) -> Option<&str>),
    /// A text that is made for the file.
    Made(fn(&Line) -> Option<String>),
    Whole(fn(&Line) -> Option<i64>),
    Decimal(fn(&Line) -> Option<f64>),
    /// Microseconds since the epoch, in UTC: few readers know nanoseconds.
    Time(fn(&Line) -> Option<i64>),
    Truth(fn(&Line) -> Option<bool>),
}

const fn column(name: &'static str, of: Of) -> Column {
    Column { name, of }
}

const COLUMNS: [Column; 33] = [
    column("id", Of::Text(|line| Some(&line.row.id))),
    column("trace_id", Of::Text(|line| Some(&line.row.trace_id))),
    column("parent_id", Of::Text(|line| line.row.parent_id.as_deref())),
    column("stream", Of::Text(|line| Some(&line.stream))),
    column("name", Of::Text(|line| Some(&line.row.op_name))),
    column(
        "display_name",
        Of::Text(|line| line.row.display_name.as_deref()),
    ),
    column("operation", Of::Text(|line| line.row.operation.as_deref())),
    column("provider", Of::Text(|line| line.row.provider.as_deref())),
    column("model", Of::Text(|line| line.row.model.as_deref())),
    column(
        "request_model",
        Of::Text(|line| line.row.request_model.as_deref()),
    ),
    column("status", Of::Text(|line| Some(line.row.status))),
    column("outcome", Of::Text(|line| line.row.outcome)),
    column("exception", Of::Text(|line| line.row.exception.as_deref())),
    column("user", Of::Text(|line| line.row.user.as_deref())),
    column("conversation", Of::Text(|line| line.row.thread.as_deref())),
    column(
        "started_at",
        Of::Time(|line| Some(line.exact_start.as_nanos().div_euclid(1_000))),
    ),
    column(
        "started_at_ns",
        Of::Whole(|line| Some(line.exact_start.as_nanos())),
    ),
    column("latency_ms", Of::Decimal(|line| line.row.latency_ms)),
    column("ttfc_ms", Of::Decimal(|line| line.row.ttfc_ms)),
    column("streamed", Of::Truth(|line| Some(line.row.streamed))),
    column("attempts", Of::Whole(|line| line.row.attempts)),
    column("input_tokens", Of::Whole(|line| line.row.input_tokens)),
    column("output_tokens", Of::Whole(|line| line.row.output_tokens)),
    column("cached_tokens", Of::Whole(|line| line.row.cached_tokens)),
    column(
        "reasoning_tokens",
        Of::Whole(|line| line.row.reasoning_tokens),
    ),
    column("usage_source", Of::Text(|line| line.row.usage_source)),
    column("cost_usd", Of::Decimal(|line| line.row.cost_usd)),
    column(
        "cost_source",
        Of::Text(|line| line.row.cost_source.as_deref()),
    ),
    column("counts", Of::Truth(|line| Some(line.row.counts))),
    column(
        "attributes",
        Of::Made(|line| serde_json::to_string(&line.row.attributes).ok()),
    ),
    column("prompt", Of::Text(|line| line.row.prompt.as_deref())),
    column("inputs", Of::Text(|line| Some(line.inputs.as_str()))),
    column(
        "output",
        Of::Text(|line| line.output.as_ref().map(|output| output.as_str())),
    ),
];

/// A file that is written in pieces.
pub(super) struct Parquet {
    file: SerializedFileWriter<Vec<u8>>,
}

impl Parquet {
    pub(super) fn start() -> Result<Self, Problem> {
        let file = schema().and_then(|schema| {
            let properties = WriterProperties::builder()
                .set_compression(Compression::SNAPPY)
                .set_created_by(concat!("spanloom ", env!("CARGO_PKG_VERSION")).to_owned());
            let properties = Arc::new(properties.build());
            SerializedFileWriter::new(Vec::new(), Arc::new(schema), properties)
        });
        let file = file.map_err(|error| failed(&error))?;
        Ok(Self { file })
    }

    /// Adds calls as a row group, and returns the bytes to send.
    pub(super) fn write(&mut self, lines: &[Line]) -> Result<Vec<u8>, Problem> {
        if !lines.is_empty() {
            let written = self.add(lines);
            written.map_err(|error| failed(&error))?;
        }
        self.take()
    }

    fn add(&mut self, lines: &[Line]) -> Result<(), ParquetError> {
        let mut group = self.file.next_row_group()?;
        for column in &COLUMNS {
            column.write(&mut group, lines)?;
        }
        group.close()?;
        Ok(())
    }

    /// Returns the end of the file.
    pub(super) fn finish(&mut self) -> Result<Vec<u8>, Problem> {
        self.file.finish().map_err(|error| failed(&error))?;
        self.take()
    }

    /// Takes what has been written: the file's writer counts its bytes itself.
    fn take(&mut self) -> Result<Vec<u8>, Problem> {
        let flushed = self.file.flush();
        flushed.map_err(|error| failed(&error.into()))?;
        Ok(std::mem::take(self.file.inner_mut()))
    }
}

fn failed(error: &ParquetError) -> Problem {
    Problem::internal(format!("the file could not be written: {error}"))
}

fn schema() -> Result<Type, ParquetError> {
    let fields = COLUMNS.iter().map(|column| column.kind().map(Arc::new));
    let fields = fields.collect::<Result<Vec<_>, _>>()?;
    Type::group_type_builder("calls")
        .with_fields(fields)
        .build()
}

impl Column {
    fn kind(&self) -> Result<Type, ParquetError> {
        let (physical, logical) = match self.of {
            Of::Text(_) | Of::Made(_) => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            Of::Whole(_) => (Physical::INT64, None),
            Of::Decimal(_) => (Physical::DOUBLE, None),
            Of::Truth(_) => (Physical::BOOLEAN, None),
            Of::Time(_) => {
                let time = LogicalType::timestamp(true, TimeUnit::MICROS);
                (Physical::INT64, Some(time))
            }
        };
        Type::primitive_type_builder(self.name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical)
            .build()
    }

    fn write(
        &self,
        group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
        lines: &[Line],
    ) -> Result<(), ParquetError> {
        match self.of {
            Of::Text(of) => {
                let texts = lines.iter().map(|line| of(line).map(ByteArray::from));
                write::<ByteArrayType>(group, texts)
            }
            Of::Made(of) => {
                let text = |text: String| ByteArray::from(text.into_bytes());
                let texts = lines.iter().map(|line| of(line).map(text));
                write::<ByteArrayType>(group, texts)
            }
            Of::Whole(of) | Of::Time(of) => write::<Int64Type>(group, lines.iter().map(of)),
            Of::Decimal(of) => write::<DoubleType>(group, lines.iter().map(of)),
            Of::Truth(of) => write::<BoolType>(group, lines.iter().map(of)),
        }
    }
}

/// Writes a column: the known values, and for each call whether it has one.
fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, Vec<u8>>,
    values: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let values: Vec<Option<T::T>> = values.collect();
    let levels: Vec<i16> = values.iter().map(|value| value.is_some().into()).collect();
    let known: Vec<T::T> = values.into_iter().flatten().collect();
    let missing = || ParquetError::General("a column has no place".to_owned());
    let mut column = group.next_column()?.ok_or_else(missing)?;
    column
        .typed::<T>()
        .write_batch(&known, Some(&levels), None)?;
    column.close()
}
