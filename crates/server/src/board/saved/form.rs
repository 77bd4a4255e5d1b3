//! The form of a board: what may be saved, within which limits.

use serde::{Deserialize, Serialize};

use crate::reply::Problem;

const LONGEST_TITLE: usize = 120;
const LONGEST_ABOUT: usize = 500;
/// Of the title of a panel, and of a stream, a measure, a property or an order.
const LONGEST_NAME: usize = 512;
const LONGEST_SEARCH: usize = 2_000;
const MOST_PANELS: usize = 40;
const MOST_COLUMNS: u16 = 6;
const MOST_PROPERTIES: usize = 2;
const MOST_GROUPS: u16 = 500;

/// A board. Which measures and properties there are is known to the page that draws it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Board {
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<String>,
    /// The stream that it is about; any of the project, if there is none.
    stream: Option<String>,
    /// How many panels stand side by side.
    #[serde(skip_serializing_if = "Option::is_none")]
    columns: Option<u16>,
    /// Calls that are listed under the panels.
    #[serde(skip_serializing_if = "Option::is_none")]
    list: Option<List>,
    panels: Vec<Panel>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum List {
    Newest,
    Errors,
    Slowest,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Panel {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<String>,
    measure: String,
    by: Vec<String>,
    draw: Draw,
    /// Conditions on fields, in addition to the search of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    q: Option<String>,
    /// Whether it is also about spans that are no calls to a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    spans: Option<bool>,
    /// The most groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sort: Option<String>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Draw {
    Bars,
    Lines,
    Ranking,
    Table,
    Number,
}

impl Board {
    /// Returns what is wrong with it.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let title = self.title.trim();
        if title.is_empty() {
            return Err(Problem::bad_request("title must not be empty"));
        }
        at_most("title", Some(&self.title), LONGEST_TITLE)?;
        at_most("about", self.about.as_ref(), LONGEST_ABOUT)?;
        at_most("stream", self.stream.as_ref(), LONGEST_NAME)?;
        within("columns", self.columns, MOST_COLUMNS)?;
        if self.panels.len() > MOST_PANELS {
            let reason = format!("a board has at most {MOST_PANELS} panels");
            return Err(Problem::bad_request(reason));
        }
        self.panels.iter().try_for_each(Panel::check)
    }
}

impl Panel {
    fn check(&self) -> Result<(), Problem> {
        at_most("title", self.title.as_ref(), LONGEST_NAME)?;
        at_most("measure", Some(&self.measure), LONGEST_NAME)?;
        at_most("q", self.q.as_ref(), LONGEST_SEARCH)?;
        at_most("sort", self.sort.as_ref(), LONGEST_NAME)?;
        within("limit", self.limit, MOST_GROUPS)?;
        if self.by.len() > MOST_PROPERTIES {
            let reason = format!("a panel is by at most {MOST_PROPERTIES} properties");
            return Err(Problem::bad_request(reason));
        }
        let mut by = self.by.iter();
        by.try_for_each(|by| at_most("by", Some(by), LONGEST_NAME))
    }
}

fn at_most(name: &str, text: Option<&String>, most: usize) -> Result<(), Problem> {
    match text {
        Some(text) if text.chars().count() > most => Err(Problem::bad_request(format!(
            "{name} has more than {most} characters"
        ))),
        _ => Ok(()),
    }
}

fn within(name: &str, number: Option<u16>, most: u16) -> Result<(), Problem> {
    match number {
        Some(number) if !(1..=most).contains(&number) => Err(Problem::bad_request(format!(
            "{name} must be a number from 1 to {most}"
        ))),
        _ => Ok(()),
    }
}
