//! The tools.

use rmcp::handler::server::wrapper::Parameters as Arguments;
use rmcp::model::{CallToolResult, ContentBlock};
use rmcp::{tool, tool_router};
use serde_json::Value;

use super::arguments::{Groups, One, Selection, Streams};
use super::page::{list, page, skip};
use crate::error::Error;
use crate::query::client::{Parameters, Server, project};

/// The tools, which read and never change anything.
#[derive(Clone, Debug)]
pub(super) struct Tools {
    server: Server,
}

impl Tools {
    pub(super) fn of(server: Server) -> Self {
        Self { server }
    }

    /// Returns the page of an answer; a mistake is a result too, so that the model reads the reason.
    async fn ask(
        &self,
        path: &str,
        parameters: Result<Parameters, Error>,
        shown: impl FnOnce(Value) -> String,
    ) -> CallToolResult {
        let asked = async {
            let answer: Value = self.server.get(&["api", path], &parameters?).await?;
            Ok::<_, Error>(shown(answer))
        };
        match asked.await {
            Ok(text) => CallToolResult::success(vec![ContentBlock::text(text)]),
            Err(error) => CallToolResult::error(vec![ContentBlock::text(error.to_string())]),
        }
    }
}

#[tool_router(server_handler)]
impl Tools {
    #[tool(
        description = "Lists the streams of recorded LLM calls, with calls, errors, tokens, cost in dollars and latency in milliseconds."
    )]
    async fn streams(&self, Arguments(streams): Arguments<Streams>) -> CallToolResult {
        let parameters = vec![("bins", "1".to_owned())];
        let Streams { offset } = streams;
        let shown = |answer| list(skip(answer, "streams", offset), "streams", offset);
        self.ask("streams", Ok(parameters), shown).await
    }

    #[tool(
        description = "Lists calls of a stream, the newest first: id, trace, model, status, tokens, cost, latency, previews of prompt and answer. Sort by started_at, latency_ms, cost_usd, input_tokens, output_tokens, total_tokens, model or status."
    )]
    async fn calls(&self, Arguments(selection): Arguments<Selection>) -> CallToolResult {
        let shown = |answer| list(answer, "calls", selection.offset);
        self.ask("calls", selection.parameters(), shown).await
    }

    #[tool(
        description = "Groups calls of a stream by one or two properties, with counts, errors, tokens, cost and latency of each group. Sort by calls, errors, error_rate, cost_usd, mean_cost_usd, p50_ms, p95_ms and others."
    )]
    async fn groups(&self, Arguments(groups): Arguments<Groups>) -> CallToolResult {
        let offset = groups.selection.offset;
        let parameters = groups.selection.parameters().map(|mut parameters| {
            parameters.extend(groups.by.into_iter().map(|by| ("group", by)));
            parameters
        });
        let shown = |answer| list(answer, "groups", offset);
        self.ask("groups", parameters, shown).await
    }

    #[tool(
        description = "Shows one call: its messages, tool calls and results, parameters, attributes, tokens, cost, timing and error."
    )]
    async fn call(&self, Arguments(one): Arguments<One>) -> CallToolResult {
        self.one("call", one).await
    }

    #[tool(
        description = "Shows one trace: its spans in order, each with its depth, status, latency, tokens and cost, and the sums below it."
    )]
    async fn trace(&self, Arguments(one): Arguments<One>) -> CallToolResult {
        self.one("trace", one).await
    }
}

impl Tools {
    async fn one(&self, path: &str, one: One) -> CallToolResult {
        let parameters = project(&one.project).map(|mut parameters| {
            parameters.push(("id", one.id));
            parameters
        });
        let offset = one.offset;
        self.ask(path, parameters, |answer| page(answer, offset))
            .await
    }
}
