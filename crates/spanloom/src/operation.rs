//! Agents, workflows, tools and retrievals around calls.
//!
//! ```no_run
//! # async fn forecast(city: &str) -> Result<String, std::io::Error> { Ok(format!("rain in {city}")) }
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! let monitor = spanloom::init_monitor("acme/chatbot/openai_logs")?;
//! let answer = spanloom::agent("planner").run(async {
//!     // calls of monitored clients, and
//!     spanloom::tool("forecast").call_id("call_1").arguments(r#"{"city":"Bonn"}"#).run(forecast("Bonn")).await
//! }).await?;
//! # drop((answer, monitor)); Ok(()) }
//! ```
//!
//! What is called inside an operation is its child, also in tasks that are spawned with
//! [`in_current_scope`](crate::MonitorAttributesExt::in_current_scope). The functions of this module record with the monitor
//! of the operation around them, else with the monitor that was started last and still runs; without one, what they run is
//! not recorded. A service with several monitors names one: [`Monitor::agent`](crate::Monitor::agent) and its like.
//!
//! [`run`](Operation::run) takes a future with a `Result`, whose error is the operation's,
//! [`run_infallible`](Operation::run_infallible) any other, and [`enter`](Operation::enter) is for code that is no future.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use spanloom_instrumentation::GenAiLayer;
pub use spanloom_instrumentation::operation::{
    Agent, Operation, OperationGuard, OperationKind, Plan, Retrieval, Tool, ToolCall, Workflow,
};

use crate::monitor::Monitor;

/// The layers of the running monitors, in the order in which they were started. Nothing outside this crate sees the list.
static RUNNING: Mutex<Vec<(u64, GenAiLayer)>> = Mutex::new(Vec::new());

fn running() -> MutexGuard<'static, Vec<(u64, GenAiLayer)>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place in the list, which ends with this value.
#[derive(Debug)]
pub(crate) struct Registration(u64);

impl Registration {
    pub(crate) fn of(layer: &GenAiLayer) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        running().push((number, layer.clone()));
        Self(number)
    }
}

impl Drop for Registration {
    fn drop(&mut self) {
        let mut running = running();
        let place = running.iter().position(|(number, _)| *number == self.0);
        let layer = place.map(|place| running.remove(place));
        // What the layer holds may be the service's: the lock may not be held.
        drop(running);
        drop(layer);
    }
}

/// Returns the layer of the operation around the current code, else of the last monitor.
fn layer() -> Option<GenAiLayer> {
    let last = || running().last().map(|(_, layer)| layer.clone());
    GenAiLayer::current().or_else(last)
}

fn of<K: OperationKind>(
    layer: Option<&GenAiLayer>,
    operation: impl FnOnce(&GenAiLayer) -> Operation<K>,
) -> Operation<K> {
    layer.map_or_else(Operation::unrecorded, operation)
}

/// Returns one run of an agent: span `invoke_agent {name}`.
pub fn agent(name: &str) -> Operation<Agent> {
    of(layer().as_ref(), |layer| layer.agent(name))
}

/// Returns a workflow: span `invoke_workflow {name}`.
pub fn workflow(name: &str) -> Operation<Workflow> {
    of(layer().as_ref(), |layer| layer.workflow(name))
}

/// Returns one call of a tool: span `execute_tool {name}`.
pub fn tool(name: &str) -> Operation<Tool> {
    of(layer().as_ref(), |layer| layer.tool(name))
}

/// Returns the call of a tool as a model's answer has it: with its name, id and, if content is recorded, arguments.
pub fn tool_call(call: &(impl ToolCall + ?Sized)) -> Operation<Tool> {
    of(layer().as_ref(), |layer| layer.tool_call(call))
}

/// Returns a search in a data source: span `retrieval {data_source}`.
pub fn retrieval(data_source: &str) -> Operation<Retrieval> {
    of(layer().as_ref(), |layer| layer.retrieval(data_source))
}

/// Returns a plan of the agent around it: span `plan {agent}`.
pub fn plan() -> Operation<Plan> {
    of(layer().as_ref(), GenAiLayer::plan)
}

impl Monitor {
    /// Returns one run of an agent; see [`operation`](crate::operation).
    pub fn agent(&self, name: &str) -> Operation<Agent> {
        of(self.instrumentation(), |layer| layer.agent(name))
    }

    /// Returns a workflow.
    pub fn workflow(&self, name: &str) -> Operation<Workflow> {
        of(self.instrumentation(), |layer| layer.workflow(name))
    }

    /// Returns one call of a tool.
    pub fn tool(&self, name: &str) -> Operation<Tool> {
        of(self.instrumentation(), |layer| layer.tool(name))
    }

    /// Returns the call of a tool as a model's answer has it.
    pub fn tool_call(&self, call: &(impl ToolCall + ?Sized)) -> Operation<Tool> {
        of(self.instrumentation(), |layer| layer.tool_call(call))
    }

    /// Returns a search in a data source.
    pub fn retrieval(&self, data_source: &str) -> Operation<Retrieval> {
        of(self.instrumentation(), |layer| layer.retrieval(data_source))
    }

    /// Returns a plan of the agent around it.
    pub fn plan(&self) -> Operation<Plan> {
        of(self.instrumentation(), GenAiLayer::plan)
    }
}
