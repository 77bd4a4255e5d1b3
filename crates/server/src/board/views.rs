//! Views of selected calls: measures by time and by group. Views of the same calls are answered in one pass.

use hashbrown::HashSet;

use super::property;
use super::quantity::Quantities;
use super::ranking::{breakdowns, plan};
use super::sort::Sort;
use crate::reply::Problem;
use crate::store::question::{
    self, Breakdown, By, Filter, Groups, Key, Spread, Spreads, Until, Which,
};
use crate::store::{Code, Memory};

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
    pub(super) fn is_grouped(&self) -> bool {
        self.groups.iter().any(Option::is_some)
    }

    pub(super) fn by(&self, which: Which) -> By {
        let (most_bins, starts) = self.bins.unwrap_or((1, (i64::MIN / 2, i64::MAX / 2)));
        By {
            groups: self.groups,
            which,
            starts,
            most_bins,
            with_times: self.with_times,
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

    /// Returns the names of a group's values; a property that is not asked for has an empty one.
    pub(super) fn names<'m>(&self, key: &Key, memory: &'m Memory) -> [&'m str; 2] {
        let ([first, second], [one, other]) = (self.groups, *key);
        let name = |of: Option<_>, code| of.map_or("", |of| property::value(of, code, memory));
        [name(first, one), name(second, other)]
    }
}

/// Answers views of the calls that meet a filter.
pub(super) fn see<'a>(
    memory: &Memory,
    filter: &dyn Fn() -> Filter<'a>,
    views: &[View],
    until: &Until,
) -> Result<Vec<Seen>, Problem> {
    let views: Vec<&View> = views.iter().collect();
    let all_calls = filter();
    let plans = plan(memory, &all_calls, &views, until)?;
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
    let found = breakdowns(memory, &all_calls, &views, together.collect(), until)?;
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
