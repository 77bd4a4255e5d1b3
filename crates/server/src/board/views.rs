//! Views of selected calls: measures by time and by group. Views of the same calls are answered in one pass.

use super::property;
use super::quantity::Quantities;
use super::sort::Sort;
use crate::reply::Problem;
use crate::store::Memory;
use crate::store::question::{
    self, Breakdown, By, Filter, Groups, Key, Series, Spread, Spreads, Until, Which,
};

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

    /// Returns whether groups must be measured before it is known which are shown.
    fn is_ranked(&self) -> bool {
        self.is_grouped() && !self.sort.is_by_size()
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

    fn shown<T>(&self, groups: Vec<T>) -> Vec<T> {
        let groups = groups.into_iter();
        groups.skip(self.offset).take(self.limit).collect()
    }

    /// Returns the names of a group's values; a property that is not asked for has an empty one.
    pub(super) fn names<'m>(&self, key: &Key, memory: &'m Memory) -> [&'m str; 2] {
        let ([first, second], [one, other]) = (self.groups, *key);
        let name = |of: Option<_>, code| of.map_or("", |of| property::value(of, code, memory));
        [name(first, one), name(second, other)]
    }
}

/// Answers views of the calls that meet a filter.
pub(super) fn see(
    memory: &Memory,
    filter: &Filter<'_>,
    views: &[&View],
    until: &Until,
) -> Result<Vec<Seen>, Problem> {
    let ranked: Vec<&&View> = views.iter().filter(|view| view.is_ranked()).collect();
    let rankings = breakdowns(memory, filter, &ranked, |view| view.ranking(), until)?;
    let mut rankings = ranked.into_iter().zip(rankings).map(|(view, ranking)| {
        let (total, measured) = (ranking.groups_total, ranking.groups.len());
        let keys = view
            .sort
            .apply(&ranking.groups, |key| view.names(key, memory));
        (view.shown(keys), total, measured)
    });
    let mut plans = Vec::with_capacity(views.len());
    for view in views {
        plans.push(match (view.is_grouped(), view.is_ranked()) {
            (_, true) => {
                let (keys, total, measured) = rankings.next().unwrap_or_default();
                (Which::These(keys), Some((total, measured)))
            }
            (false, _) => (Which::These(vec![[None, None]]), Some((1, 1))),
            (true, false) => {
                let most = view.offset.saturating_add(view.limit);
                (Which::Largest(most.min(MOST)), None)
            }
        });
    }
    let (which, counts): (Vec<Which>, Vec<Option<(usize, usize)>>) = plans.into_iter().unzip();
    let mut which = which.into_iter();
    let by = |view: &&View| view.by(which.next().unwrap_or(Which::Largest(0)));
    let found = breakdowns(memory, filter, &views.iter().collect::<Vec<_>>(), by, until)?;
    let mut seen = Vec::with_capacity(views.len());
    for ((view, mut found), counted) in views.iter().zip(found).zip(counts) {
        if counted.is_none() {
            found.groups = view.shown(found.groups);
        }
        let (total, measured) =
            counted.unwrap_or((found.groups_total, found.groups_total.min(MOST)));
        let keys: Vec<Key> = found
            .groups
            .iter()
            .map(|(key, _): &(Key, Series)| *key)
            .collect();
        let asked = Spreads {
            by: view.groups,
            groups: &keys,
            of: view.quantities.all(),
            texts: &memory.dictionary,
        };
        let spreads = question::spread(&memory.rows, filter, &asked, until)?;
        seen.push(Seen {
            found,
            spreads,
            total,
            measured,
        });
    }
    Ok(seen)
}

fn breakdowns(
    memory: &Memory,
    filter: &Filter<'_>,
    views: &[&&View],
    by: impl FnMut(&&View) -> By,
    until: &Until,
) -> Result<Vec<Breakdown>, Problem> {
    if views.is_empty() {
        return Ok(Vec::new());
    }
    let mut by = by;
    let all = views.iter().map(|view| by(view)).collect();
    let order = |number: usize, left: &Key, right: &Key| {
        let names = |key| views.get(number).map(|view| view.names(key, memory));
        names(left).cmp(&names(right))
    };
    let found = question::breakdowns(&memory.rows, filter, all, order, until)?;
    Ok(found)
}
