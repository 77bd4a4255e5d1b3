//! `spanloom mcp`: a server's calls and traces as tools of the Model Context Protocol, over stdin and stdout, so that a coding
//! agent reads the traces of the test that it just ran.
//!
//! | file | what |
//! |---|---|
//! | `tools` | the tools |
//! | `arguments` | their arguments |
//! | `page` | answers in pages |

mod arguments;
mod page;
mod tools;

use rmcp::ServiceExt as _;
use rmcp::transport::stdio;

use crate::args::McpArgs;
use crate::error::Error;
use crate::query::client::Server;

/// Serves until stdin ends.
pub(crate) async fn run(args: &McpArgs) -> Result<(), Error> {
    let tools = tools::Tools::of(Server::at(&args.address.url)?);
    let failed =
        |error: String| Error::failed(format!("the MCP client ended the session: {error}"));
    let running = tools.serve(stdio()).await;
    let running = running.map_err(|error| failed(error.to_string()))?;
    let ended = running.waiting().await;
    ended.map(drop).map_err(|error| failed(error.to_string()))
}
