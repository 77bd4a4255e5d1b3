//! The store: durable records, and answers to the board's questions about them.
//!
//! SQLite is the source of truth: a narrow row of integers per call, and the calls' JSON in compressed frames. The
//! questions of the board and of the Weave API are answered from the same rows in memory, rebuilt at start; payloads are read
//! from the file.
//! There is no secondary index: on random ids, it would cost more than everything else together, so the ids are a table
//! in memory.
//!
//! | file | what |
//! |---|---|
//! | `row` | the narrow row of a call |
//! | `incoming` | a call on its way into the store |
//! | `repeats` | long texts that come again and again |
//! | `payload` | what is stored of a call besides its row |
//! | `draft` | the row of a record before its texts have codes |
//! | `facts` | the rows of all calls in memory, as columns |
//! | `question` | the answers to questions about them |
//! | `outcome` | outcomes as numbers |
//! | `outer` | spans around others, whose tokens count once |
//! | `id` | ids as short bytes |
//! | `dictionary` | texts as codes |
//! | `chunks` | a list whose copies share its items |
//! | `frame` | payloads, compressed in frames |
//! | `damage` | the recovery of a call whose payload cannot be read |
//! | `schema` | the tables, and opening a file |
//! | `backup` | a copy of a database |
//! | `retention` | how long calls are kept |
//! | `salvage` | reading a table of which pages are damaged |
//! | `segments` | copies of the columns in the file |
//! | `memory` | the rows in memory, and the copy that readers take |
//! | `aside` | a database that cannot be opened is set aside |
//! | `file_id` | the identity of a file |
//! | `owner` | the lock that reserves a file for one process |
//! | `merge` | the merge of two parts of one call |
//! | `superseded` | where earlier payloads of calls are |
//! | `changes` | what changes a call after its start: its end, another name |
//! | `objects` | versioned objects, and files |
//! | `tables` | the tables of datasets |
//! | `documents` | small objects that clients store: feedback, prices, tags |
//! | `boards` | boards that people have saved |
//! | `batch` | records that are stored together, prepared for the writer |
//! | `deletion` | the deletion of calls |
//! | `erase` | payloads are erased in their frames |
//! | `upgrade` | frames of earlier servers are looked at once |
//! | `unused` | texts that no call has any more |
//! | `values` | the attributes that can be grouped by |
//! | `writer` | the one thread that writes, and its queue |
//! | `transaction` | the writer's transactions |
//! | `simulation` | histories, as a test |
//! | `sqlite` | [`Store`], which combines these parts |

mod aside;
mod backup;
mod batch;
mod boards;
mod changes;
mod chunks;
mod damage;
mod deletion;
mod dictionary;
mod documents;
mod draft;
mod erase;
mod facts;
mod file_id;
mod frame;
mod id;
mod incoming;
mod memory;
mod merge;
mod objects;
pub(crate) mod outcome;
mod outer;
mod owner;
mod payload;
pub(crate) mod question;
mod repeats;
mod retention;
mod row;
mod salvage;
mod schema;
mod segments;
#[cfg(test)]
mod simulation;
mod sqlite;
mod superseded;
mod tables;
mod transaction;
mod unused;
mod upgrade;
mod values;
mod writer;

pub use backup::backup;
pub(crate) use boards::{Base, BoardVersion, Saving};
pub(crate) use changes::CallChange;
pub(crate) use dictionary::{Code, Dictionary};
pub(crate) use documents::{Document, DocumentKind};
pub(crate) use id::Id;
pub(crate) use incoming::Incoming;
pub(crate) use memory::Memory;
pub(crate) use objects::{Object, ObjectKind, Version};
pub use retention::Retention;
pub(crate) use row::{Row, Status};
pub use schema::Database;
pub(crate) use sqlite::{Space, Store};
pub(crate) use tables::{Table, TableRow};

/// The reason a batch was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Too much is waiting to be written; try again later.
    Busy,
    /// The disk cannot take the records: it is full, read-only or failing; try again later.
    Disk,
    /// The database's file was removed or replaced: what is written would be lost.
    Gone,
    /// The database failed; the log has the details.
    Failed,
}

impl Refused {
    /// Returns the reason, for the sender of the records.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Busy => "too much data is waiting to be written",
            Self::Disk => "the disk cannot take the records: it is full, read-only or failing",
            Self::Gone => {
                "the database file was removed or replaced; put it back, or start the server again"
            }
            Self::Failed => "the records could not be stored",
        }
    }
}
