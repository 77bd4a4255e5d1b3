//! The store: records, durable, and the questions the board asks about them.
//!
//! SQLite holds the truth: a narrow row of integers per call, and the calls' JSON in compressed frames. What the board
//! asks is answered from the same rows kept in memory and rebuilt at start; payloads are read from the file. There is no
//! secondary index: one on random ids would cost more than everything else together, so the ids are a table in memory.
//!
//! | file | what |
//! |---|---|
//! | `row` | the narrow row of a call, and how it is read off a record |
//! | `id` | ids as short bytes |
//! | `dictionary` | texts as codes |
//! | `frame` | payloads, compressed in frames |
//! | `schema` | the tables, and opening a file |
//! | `memory` | the rows in memory |
//! | `owner` | the lock that keeps a file to one process |
//! | `merge` | two parts of one call |
//! | `writer` | the one thread that writes, and its queue |
//! | `transaction` | what it writes |
//! | `sqlite` | [`Store`], which puts these together |

mod dictionary;
mod frame;
mod id;
mod memory;
mod merge;
mod owner;
mod row;
mod schema;
mod sqlite;
mod transaction;
mod writer;

pub(crate) use dictionary::{Code, Dictionary};
pub(crate) use id::Id;
pub(crate) use memory::Memory;
pub(crate) use row::{Outcome, Row, Status};
pub use schema::Database;
pub(crate) use sqlite::Store;

/// Why a batch was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Too much is waiting to be written; try again later.
    Busy,
    /// The database failed; the log says how.
    Failed,
}
