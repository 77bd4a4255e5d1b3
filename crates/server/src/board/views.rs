//! Views of selected calls: measures by time and by group. Views of the same calls are answered in one pass.

use std::cmp::Ordering;

use hashbrown::HashSet;

use super::property;
use super::quantity::Quantities;
use super::sort::Sort;
use crate::reply::Problem;
use crate::store::question::{
    self, Breakdown, By, Filter, Groups, Key, Largest, Spread, Spreads, Tally, Until, Which,
};
use crate::store::{Code, Memory};

/// The most groups that are measured and put in order: those of most calls.
const MOST: usize = 2_000;

/// A view: what is measured of some calls, and which groups are shown.
pub(super) struct View {
    pub(super) groups: Groups,
    pub(super) sort: Sort,
    pub(super) offset: usize,
    pub(super) limit: usize,
    /// The most time buckets, and the starts that they cover where the range is open.
    pub(super) bins: Option<(usize, (i64, i64))>,
    /// Whether latency and first chunk are shown.
    pub(super) with_times: bool,
    pub(super) quantities: Quantities,
}

/// The answer to a view.
pub(super) struct Seen {
    /// All calls, and the shown groups in their order.
    pub(super) found: Breakdown,
    /// The spread of numbers in each group that is shown.
    pub(super) spreads: Vec<Vec<Spread>>,
    /// All groups, and those of most calls that were put in order.
    pub(super) total: usize,
    pub(super) measured: usize,
}

impl View {
    fn is_grouped(&self) -> bool {
        self.groups.iter().any(Option::is_some)
    }

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

    fn by(&self, which: Which) -> By {
        let (most_bins, starts) = self.bins.unwrap_or((1, (i64::MIN / 2, i64::MAX / 2)));
        By {
            groups: self.groups,
            which,
            starts,
            most_bins,
            with_times: self.with_times,
        }
    }

    /// Returns the breakdown by which its groups are put in order.
    fn ranking(&self) -> By {
        By {
            with_times: self.sort.is_of_times(),
            ..By::groups(self.groups, Which::Largest(MOST))
        }
    }

    /// Limits a filter to the values that some groups have.
    fn only<'a>(&self, filter: Filter<'a>, keys: &[Key]) -> Filter<'a> {
        let values = self.groups.iter().zip([0, 1]);
        values.fold(filter, |filter, (of, at)| match of {
            Some(of) => {
                let codes = keys.iter().filter_map(|key| key.get(at).copied());
                let codes: HashSet<Option<Code>> = codes.collect();
                filter.with(*of, move |code| codes.contains(&code))
            }
            None => filter,
        })
    }

    /// Returns the plan of groups in their order: those of a page are shown.
    fn shown(&self, keys: Vec<Key>, total: usize, measured: usize) -> Plan {
        let keys = keys.into_iter().skip(self.offset).take(self.limit);
        Plan {
            keys: keys.collect(),
            total,
            measured,
        }
    }

    /// Returns the names of a group's values; a property that is not asked for has an empty one.
    pub(super) fn names<'m>(&self, key: &Key, memory: &'m Memory) -> [&'m str; 2] {
        let ([first, second], [one, other]) = (self.groups, *key);
        let name = |of: Option<_>, code| of.map_or("", |of| property::value(of, code, memory));
        [name(first, one), name(second, other)]
    }
}

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
struct Plan {
    keys: Vec<Key>,
    /// All groups, and those that were put in order.
    total: usize,
    measured: usize,
}

impl Plan {
    /// Returns whether most groups are not shown: then it is worth it to pick the calls of those that are.
    fn shows_few(&self) -> bool {
        self.keys.len() < self.total / 4
    }
}

/// Answers views of the calls that meet a filter.
pub(super) fn see<'a>(
    memory: &Memory,
    filter: &dyn Fn() -> Filter<'a>,
    views: &[&View],
    until: &Until,
) -> Result<Vec<Seen>, Problem> {
    let all_calls = filter();
    let plans = plan(memory, &all_calls, views, until)?;
    // Where few groups are shown, the sums of all need no groups, and the calls of those groups are picked first.
    let together = views
        .iter()
        .zip(&plans)
        .map(|(view, plan)| match plan.shows_few() {
            true => By {
                groups: [None, None],
                ..view.by(Which::These(Vec::new()))
            },
            false => view.by(Which::These(plan.keys.clone())),
        });
    let found = breakdowns(memory, &all_calls, views, together.collect(), until)?;
    let mut seen = Vec::with_capacity(views.len());
    for ((view, mut found), plan) in views.iter().zip(found).zip(plans) {
        let few = match plan.shows_few() {
            true => view.only(filter(), &plan.keys),
            false => filter(),
        };
        if plan.shows_few() {
            let by = vec![view.by(Which::These(plan.keys.clone()))];
            let of_few = breakdowns(memory, &few, &[view], by, until)?;
            found.groups = of_few.into_iter().flat_map(|few| few.groups).collect();
        }
        let asked = Spreads {
            by: view.groups,
            groups: &plan.keys,
            of: view.quantities.all(),
            texts: &memory.dictionary,
        };
        let spreads = question::spread(&memory.rows, &few, &asked, until)?;
        seen.push(Seen {
            found,
            spreads,
            total: plan.total,
            measured: plan.measured,
        });
    }
    Ok(seen)
}

/// Puts the groups of views in order, and returns those that are shown.
fn plan(
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
        view.shown(view.sort.apply(&ranking.groups, names), total, measured)
    });
    let sized: Vec<&View> = of(Way::BySize).collect();
    let largest = largest(memory, filter, &sized, until)?;
    let mut largest = sized.into_iter().zip(largest).map(|(view, (keys, total))| {
        let measured = keys.len();
        view.shown(keys, total, measured)
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
    Ok(view.shown(keys, total, measured))
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

fn breakdowns(
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
