//! Which groups of a view are shown: they are put in order first.

use std::cmp::Ordering;

use super::views::View;
use crate::reply::Problem;
use crate::store::Memory;
use crate::store::question::{
    self, Breakdown, By, Filter, Groups, Key, Largest, Tally, Until, Which,
};

/// The most groups that are measured and put in order: those of most calls.
const MOST: usize = 2_000;

/// How it is found out which groups of a view are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// All calls are one group.
    Together,
    /// By the number of calls.
    BySize,
    /// By the sum of one number.
    Tallied,
    /// By any other measure.
    Measured,
}

/// Which groups of a view are shown.
pub(super) struct Plan {
    pub(super) keys: Vec<Key>,
    /// All groups, and those that were put in order.
    pub(super) total: usize,
    pub(super) measured: usize,
}

impl Plan {
    /// Returns the plan of groups in their order: those of a page are shown.
    fn page(view: &View, keys: Vec<Key>, total: usize, measured: usize) -> Self {
        let keys = keys.into_iter().skip(view.offset).take(view.limit);
        Self {
            keys: keys.collect(),
            total,
            measured,
        }
    }

    /// Returns whether most groups are not shown: then it is worth it to pick the calls of those that are.
    pub(super) fn shows_few(&self) -> bool {
        self.keys.len() < self.total / 4
    }
}

impl View {
    /// Returns how it is found out which groups are shown.
    fn way(&self) -> Way {
        match (
            self.is_grouped(),
            self.sort.is_by_size(),
            self.sort.tallied(),
        ) {
            (false, ..) => Way::Together,
            (true, true, _) => Way::BySize,
            (true, false, Some(_)) => Way::Tallied,
            (true, false, None) => Way::Measured,
        }
    }

    /// Returns the breakdown by which its groups are put in order.
    fn ranking(&self) -> By {
        By {
            with_times: self.sort.is_of_times(),
            ..By::groups(self.groups, Which::Largest(MOST))
        }
    }
}

/// Puts the groups of views in order, and returns those that are shown.
pub(super) fn plan(
    memory: &Memory,
    filter: &Filter<'_>,
    views: &[&View],
    until: &Until,
) -> Result<Vec<Plan>, Problem> {
    let ways: Vec<Way> = views.iter().map(|view| view.way()).collect();
    let of = |way: Way| {
        let views = views.iter().copied().zip(&ways);
        views
            .filter(move |(_, own)| **own == way)
            .map(|(view, _)| view)
    };
    let ranked: Vec<&View> = of(Way::Measured).collect();
    let by = ranked.iter().map(|view| view.ranking()).collect();
    let rankings = breakdowns(memory, filter, &ranked, by, until)?;
    let mut rankings = ranked.into_iter().zip(rankings).map(|(view, ranking)| {
        let (total, measured) = (ranking.groups_total, ranking.groups.len());
        let names = |key: &Key| view.names(key, memory);
        Plan::page(
            view,
            view.sort.apply(&ranking.groups, names),
            total,
            measured,
        )
    });
    let sized: Vec<&View> = of(Way::BySize).collect();
    let largest = largest(memory, filter, &sized, until)?;
    let mut largest = sized.into_iter().zip(largest).map(|(view, (keys, total))| {
        let measured = keys.len();
        Plan::page(view, keys, total, measured)
    });
    let mut plans = Vec::with_capacity(views.len());
    for (view, way) in views.iter().zip(&ways) {
        plans.extend(match way {
            Way::Together => Some(Plan {
                keys: vec![[None, None]],
                total: 1,
                measured: 1,
            }),
            Way::BySize => largest.next(),
            Way::Tallied => Some(tallied(memory, filter, view, until)?),
            Way::Measured => rankings.next(),
        });
    }
    Ok(plans)
}

/// Puts the groups of a view in order by the sum of one number.
fn tallied(
    memory: &Memory,
    filter: &Filter<'_>,
    view: &View,
    until: &Until,
) -> Result<Plan, Problem> {
    let failed = || Problem::internal("the groups have no order");
    let (of, value) = view.sort.tallied().ok_or_else(failed)?;
    let found = question::tallies(&memory.rows, filter, view.groups, of, until)?;
    let total = found.len();
    let mut found: Vec<(Key, Tally)> = found.into_iter().collect();
    if total > MOST {
        found.select_nth_unstable_by(MOST - 1, |(key, tally), (other_key, other)| {
            other
                .calls
                .cmp(&tally.calls)
                .then_with(|| key.cmp(other_key))
        });
        found.truncate(MOST);
    }
    let measured = found.len();
    let ranked = found.iter().map(|(key, tally)| (value(tally), *key));
    let names = |key: &Key| view.names(key, memory);
    let keys = view.sort.order(ranked.collect(), names);
    Ok(Plan::page(view, keys, total, measured))
}

fn largest(
    memory: &Memory,
    filter: &Filter<'_>,
    views: &[&View],
    until: &Until,
) -> Result<Vec<Largest>, Problem> {
    if views.is_empty() {
        return Ok(Vec::new());
    }
    let by: Vec<Groups> = views.iter().map(|view| view.groups).collect();
    let order = order(memory, views);
    let found = question::largest_groups(&memory.rows, filter, &by, MOST, order, until)?;
    Ok(found)
}

/// Returns the order of groups of equal size, by the number of their view.
fn order<'a>(
    memory: &'a Memory,
    views: &'a [&View],
) -> impl FnMut(usize, &Key, &Key) -> Ordering + 'a {
    move |number, left, right| {
        let names = |key| views.get(number).map(|view| view.names(key, memory));
        names(left).cmp(&names(right))
    }
}

pub(super) fn breakdowns(
    memory: &Memory,
    filter: &Filter<'_>,
    views: &[&View],
    by: Vec<By>,
    until: &Until,
) -> Result<Vec<Breakdown>, Problem> {
    if by.is_empty() {
        return Ok(Vec::new());
    }
    let order = order(memory, views);
    let found = question::breakdowns(&memory.rows, filter, by, order, until)?;
    Ok(found)
}
