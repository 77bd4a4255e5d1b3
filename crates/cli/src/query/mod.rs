//! `spanloom streams`, `calls`, `groups`, `call`, `trace`, `tail` and `export`: the board's questions at the command line.
//!
//! | file | what |
//! |---|---|
//! | `args` | the arguments |
//! | `client` | requests to a server |
//! | `answer` | the answers, as far as they are printed |
//! | `streams`, `calls`, `groups`, `call`, `trace`, `tail`, `export` | one command each |
//! | `table` | tables, and numbers in them |

mod answer;
pub(crate) mod args;
mod call;
mod calls;
pub(crate) mod client;
mod export;
mod groups;
mod streams;
mod table;
mod tail;
mod trace;

use args::Query;

use crate::error::Error;

pub(crate) async fn run(query: Query) -> Result<(), Error> {
    match query {
        Query::Streams(args) => streams::run(&args).await,
        Query::Calls(args) => calls::run(&args).await,
        Query::Groups(args) => groups::run(&args).await,
        Query::Call(args) => call::run(&args).await,
        Query::Trace(args) => trace::run(&args).await,
        Query::Tail(args) => tail::run(&args).await,
        Query::Export(args) => export::run(&args).await,
    }
}
