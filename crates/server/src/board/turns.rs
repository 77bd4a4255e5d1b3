//! `GET /api/conversation`: one conversation, from its first call on.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::calls::CallRow;
use super::content::{Bodies, Tool};
use super::parameters::Parameters;
use super::property::code;
use super::selection::Selection;
use super::stats::Stats;
use super::text::{answer_text, question_text};
use crate::app::App;
use crate::reply::{self, Problem};
use crate::store::question::{self, By, Column, Dimension, Filter, Number, Order, Until, Which};
use crate::store::{Memory, Store};

/// Spans around calls, which are no turns themselves.
const AROUND: [&str; 4] = ["invoke_agent", "invoke_workflow", "create_agent", "plan"];
const NAMES: [&str; 8] = [
    "entity", "project", "stream", "from", "to", "id", "limit", "offset",
];
/// The most agents and users that are named.
const MOST_NAMES: usize = 20;

/// The most bytes of a text of a turn: its call has the whole.
const MOST_BYTES: usize = 32 << 10;

/// Returns a text up to its limit.
fn shortened(mut text: String) -> String {
    let end = (0..=MOST_BYTES)
        .rev()
        .find(|end| text.is_char_boundary(*end));
    if let Some(end) = end.filter(|end| *end < text.len()) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// A call to a model or of a tool.
#[derive(Serialize)]
struct Turn {
    row: CallRow,
    /// The last text of the user.
    asked: Option<String>,
    answered: Option<String>,
    tool: Option<ShownTool>,
}

#[derive(Serialize)]
struct ShownTool {
    name: String,
    arguments: Option<String>,
    result: Option<String>,
}

impl ShownTool {
    fn of(tool: &Tool) -> Self {
        Self {
            name: tool.name.clone(),
            arguments: tool.arguments.clone().map(shortened),
            result: tool.result.clone().map(shortened),
        }
    }
}

pub(super) async fn conversation(
    State(app): State<Arc<App>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let parameters = Parameters::read(query.as_deref(), &NAMES)?;
    let store = Arc::clone(&app);
    let question = move |until: &Until| answer(&parameters, &store.store, until);
    Ok(reply::json(&app.questions.ask_until(question).await?))
}

fn answer(parameters: &Parameters, store: &Store, until: &Until) -> Result<Value, Problem> {
    let limit = parameters.number("limit", 50, 1..=200)?;
    let offset = parameters.number("offset", 0, 0..=usize::MAX)?;
    let id = parameters.required("id")?;
    if id.is_empty() {
        return Err(Problem::bad_request("the parameter id is empty"));
    }
    let memory = &*store.memory();
    let selection = Selection::read(parameters, memory)?;
    let of_conversation = || {
        let wanted = vec![code(Dimension::Thread, id, memory)];
        selection.in_range().with_one_of(Dimension::Thread, wanted)
    };
    let names = |dimension, prefix| names(memory, &of_conversation(), dimension, prefix, until);
    let turns = of_conversation().with(Dimension::OpName, |code| {
        let name = code.map_or("", |code| memory.dictionary.text(code));
        let operation = name.split(' ').next().unwrap_or_default();
        !AROUND.contains(&operation)
    });
    let order = Order {
        column: Column::Number(Number::StartedAt),
        descending: false,
        newest_first: false,
    };
    let (rows, most) = (&memory.rows, offset.saturating_add(limit));
    let page = question::page(rows, &memory.dictionary, &turns, order, most, until)?;
    if page.total == 0 {
        return Err(Problem::not_found(
            "there is no such conversation in this stream",
        ));
    }
    let places: Vec<usize> = page.places.into_iter().skip(offset).collect();
    let by = By::groups([None, None], Which::Largest(0));
    let calls = super::scope::model_calls(of_conversation());
    let all = question::breakdown(rows, &calls, by, |_, _| std::cmp::Ordering::Equal, until)?;
    Ok(json!({
        "total": page.total,
        "stats": Stats::of(&all.all.all),
        "agents": names(Dimension::OpName, "invoke_agent ")?,
        "users": names(Dimension::User, "")?,
        "turns": read(store, memory, &places)?,
    }))
}

/// Returns the values of a property that begin with a prefix, without it.
fn names(
    memory: &Memory,
    filter: &Filter<'_>,
    of: Dimension,
    prefix: &str,
    until: &Until,
) -> Result<Vec<String>, Problem> {
    let text = |code| memory.dictionary.text(code);
    let is_wanted = |code| text(code).starts_with(prefix);
    let order = |left, right| text(left).cmp(text(right));
    let found = question::distinct(&memory.rows, filter, of, is_wanted, order, until)?;
    let names = found.into_iter().take(MOST_NAMES);
    let names = names.filter_map(|(code, _)| text(code).strip_prefix(prefix));
    Ok(names.map(str::to_owned).collect())
}

fn read(store: &Store, memory: &Memory, places: &[usize]) -> Result<Vec<Turn>, Problem> {
    let rows = places.iter().filter_map(|place| memory.rows.get(*place));
    let turns = rows.map(|row| Turn {
        row: CallRow::of(&row, memory),
        asked: None,
        answered: None,
        tool: None,
    });
    let mut turns: Vec<Turn> = turns.collect();
    store.read(memory, places, |index, record| {
        if let Some(turn) = turns.get_mut(index) {
            turn.row.complete(&record);
            let bodies = Bodies::of(&record);
            let content = bodies.content();
            turn.asked = question_text(&content).map(shortened);
            turn.answered = answer_text(&content).map(shortened);
            turn.tool = content.tool.map(ShownTool::of);
        }
    })?;
    Ok(turns)
}
