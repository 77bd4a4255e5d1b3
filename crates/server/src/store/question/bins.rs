//! Time buckets with round edges.

const MS: i64 = 1_000_000;
const SECOND: i64 = 1_000 * MS;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Widths in nanoseconds, narrowest first.
const WIDTHS: [i64; 27] = [
    100 * MS,
    200 * MS,
    500 * MS,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    28 * DAY,
    91 * DAY,
    364 * DAY,
    3_640 * DAY,
];

/// Buckets that cover a range: the first edge, the width and the count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bins {
    pub(crate) first: i64,
    pub(crate) width: i64,
    pub(crate) count: usize,
}

impl Bins {
    /// Returns the narrowest buckets of which at most `most` cover `from..to`.
    pub(crate) fn cover(from: i64, to: i64, most: usize) -> Self {
        let most = i64::try_from(most.max(1)).unwrap_or(i64::MAX);
        let last = to.saturating_sub(1).max(from);
        let count = |width: i64| last.div_euclid(width) - from.div_euclid(width) + 1;
        let width = WIDTHS
            .into_iter()
            .find(|width| count(*width) <= most)
            .unwrap_or(i64::MAX);
        let first = from.div_euclid(width).saturating_mul(width);
        Self {
            first,
            width,
            count: usize::try_from(count(width)).unwrap_or(1),
        }
    }

    /// Returns the bucket of a time, or `None` outside the range.
    pub(crate) fn of(&self, time: i64) -> Option<usize> {
        // In 128 bits: some clocks begin in the year 1.
        let after = i128::from(time) - i128::from(self.first);
        let offset = usize::try_from(after.div_euclid(i128::from(self.width))).ok()?;
        (offset < self.count).then_some(offset)
    }

    /// Returns the right edge of the last bucket.
    pub(crate) fn last(&self) -> i64 {
        let count = i64::try_from(self.count).unwrap_or(i64::MAX);
        self.first.saturating_add(self.width.saturating_mul(count))
    }

    /// Returns the left edges.
    pub(crate) fn edges(&self) -> impl Iterator<Item = i64> {
        let (first, width) = (self.first, self.width);
        (0..self.count).filter_map(move |index| {
            Some(first.saturating_add(width.saturating_mul(i64::try_from(index).ok()?)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_nice_and_cover_the_range() {
        let bins = Bins::cover(10 * SECOND + 1, 70 * SECOND, 60);
        assert_eq!(
            bins,
            Bins {
                first: 10 * SECOND,
                width: SECOND,
                count: 60
            }
        );
        assert_eq!(Bins::cover(0, DAY, 60).width, 30 * MINUTE);
        assert_eq!(Bins::cover(5, 5, 60).count, 1);
        assert_eq!(Bins::cover(i64::MIN, i64::MAX, 1).width, i64::MAX);
    }

    #[test]
    fn one_start_long_ago_hides_no_other() {
        let now = 1_795_341_600_000_000_000;
        let bins = Bins::cover(i64::MIN, now + 1, 60);
        assert!(bins.of(now).is_some() && bins.of(i64::MIN).is_some());
    }

    #[test]
    fn every_time_of_the_range_has_its_bin() {
        let bins = Bins::cover(-3 * HOUR, 5 * HOUR, 7);
        assert!(bins.count <= 7);
        assert_eq!(bins.of(-3 * HOUR), Some(0));
        assert!(bins.of(5 * HOUR - 1).is_some());
        assert_eq!(bins.of(bins.first - 1), None);
        assert_eq!(bins.edges().count(), bins.count);
    }
}
