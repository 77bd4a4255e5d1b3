//! Quantiles in bounded memory: exact for few values, within 1.6 % for many.

/// The values up to which quantiles are exact.
const FEW: usize = 256;
/// The buckets of an octave, from a power of two to the next: their middle is within 1/64 of every value in them.
const BUCKETS: usize = 32;
const BUCKET_BITS: u32 = BUCKETS.trailing_zeros();

/// The distribution of values that are at least 0.
#[derive(Clone, Debug)]
pub(crate) enum Quantiles {
    Few(Vec<i64>),
    Many(Box<Histogram>),
}

impl Default for Quantiles {
    fn default() -> Self {
        Self::Few(Vec::new())
    }
}

/// The counts of values by bucket, from the first bucket with a value to the last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Histogram {
    first: usize,
    counts: Vec<u32>,
    total: i128,
}

impl Quantiles {
    #[inline]
    pub(super) fn add(&mut self, value: Option<i64>) {
        let Some(value) = value else { return };
        match self {
            Self::Many(histogram) => histogram.add(value),
            Self::Few(values) if values.len() < FEW => values.push(value),
            Self::Few(_) => self.many().add(value),
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        match other {
            Self::Few(values) => values.iter().for_each(|value| self.add(Some(*value))),
            Self::Many(other) => self.many().merge(other),
        }
    }

    /// Converts to a histogram.
    fn many(&mut self) -> &mut Histogram {
        if let Self::Few(values) = self {
            let mut histogram = Histogram::default();
            values.iter().for_each(|value| histogram.add(*value));
            *self = Self::Many(Box::new(histogram));
        }
        match self {
            Self::Many(histogram) => histogram,
            // Was converted above.
            Self::Few(_) => self.many(),
        }
    }

    /// Returns the least value that a `share` of all values, from 0 to 1, does not exceed (nearest rank).
    pub(crate) fn quantile(&self, share: f64) -> Option<i64> {
        let count = self.count();
        let rank = rank(share, count);
        match self {
            Self::Few(values) => {
                let mut values = values.clone();
                let index = usize::try_from(rank - 1).ok()?;
                if index >= values.len() {
                    return None;
                }
                Some(*values.select_nth_unstable(index).1)
            }
            Self::Many(histogram) => histogram.value(rank),
        }
    }

    pub(crate) fn mean(&self) -> Option<f64> {
        let total: i128 = match self {
            Self::Few(values) => values.iter().copied().map(i128::from).sum(),
            Self::Many(histogram) => histogram.total,
        };
        let count = self.count();
        (count > 0).then(|| total as f64 / count as f64)
    }

    fn count(&self) -> u64 {
        match self {
            Self::Few(values) => values.len() as u64,
            Self::Many(histogram) => histogram.counts.iter().copied().map(u64::from).sum(),
        }
    }
}

impl Histogram {
    #[inline]
    fn add(&mut self, value: i64) {
        self.total += i128::from(value);
        let bucket = bucket(value);
        let place = bucket.wrapping_sub(self.first);
        match self.counts.get_mut(place) {
            Some(count) => *count += 1,
            None => self.add_to(bucket, 1),
        }
    }

    /// Adds to a bucket that may be before the first or after the last.
    #[cold]
    fn add_to(&mut self, bucket: usize, count: u32) {
        if self.counts.is_empty() {
            self.first = bucket;
        }
        if bucket < self.first {
            let more = self.first - bucket;
            self.counts.splice(0..0, std::iter::repeat_n(0, more));
            self.first = bucket;
        }
        let place = bucket - self.first;
        if self.counts.len() <= place {
            self.counts.resize(place + 1, 0);
        }
        if let Some(own) = self.counts.get_mut(place) {
            *own = own.saturating_add(count);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.total += other.total;
        for (bucket, count) in (other.first..)
            .zip(&other.counts)
            .filter(|(_, count)| **count > 0)
        {
            self.add_to(bucket, *count);
        }
    }

    fn value(&self, rank: u64) -> Option<i64> {
        let mut before = 0;
        for (bucket, count) in (self.first..).zip(&self.counts) {
            before += u64::from(*count);
            if before >= rank {
                return Some(middle(bucket));
            }
        }
        None
    }
}

/// Returns the rank of a `share` of `count` values, from 1 on.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank is between 1 and the count"
)]
pub(super) fn rank(share: f64, count: u64) -> u64 {
    (share * count as f64).ceil().max(1.0) as u64
}

/// Returns the bucket of a value. Each value below 32 has its own.
#[inline]
fn bucket(value: i64) -> usize {
    let value = value.max(0).unsigned_abs();
    let bits = u64::BITS - value.leading_zeros();
    let octave = bits.saturating_sub(BUCKET_BITS);
    // The highest bit is the octave's.
    let within = match octave {
        0 => value,
        octave => (value >> (octave - 1)) & (BUCKETS as u64 - 1),
    };
    octave as usize * BUCKETS + usize::try_from(within).unwrap_or(0)
}

/// Returns the middle of a bucket.
fn middle(bucket: usize) -> i64 {
    let (octave, within) = (bucket / BUCKETS, bucket % BUCKETS);
    let Some(shift) = octave.checked_sub(1) else {
        return within.try_into().unwrap_or(i64::MAX);
    };
    let least = (BUCKETS + within) as i128;
    let middle = (least << shift) + (((1_i128 << shift) - 1) >> 1);
    i64::try_from(middle).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn exact(values: &[i64], share: f64) -> Option<i64> {
        let mut values = values.to_vec();
        values.sort_unstable();
        let rank = rank(share, values.len() as u64);
        values.get(usize::try_from(rank).unwrap() - 1).copied()
    }

    #[test]
    fn few_values_have_exact_quantiles_of_the_nearest_rank() {
        let mut quantiles = Quantiles::default();
        assert_eq!((quantiles.quantile(0.5), quantiles.mean()), (None, None));
        (1..=100).for_each(|value| quantiles.add(Some(value)));
        let found = [0.5, 0.95, 0.99, 1.0].map(|share| quantiles.quantile(share).unwrap());
        assert_eq!(found, [50, 95, 99, 100]);
        assert_eq!(quantiles.mean(), Some(50.5));
    }

    fn value() -> impl Strategy<Value = i64> {
        (0u32..63).prop_flat_map(|bits| 0..=(1i64 << bits))
    }

    proptest! {
        #[test]
        fn many_values_have_quantiles_within_the_bound(
            parts in prop::collection::vec(prop::collection::vec(value(), 0..400), 0..6),
        ) {
            let mut whole = Quantiles::default();
            for part in &parts {
                let mut quantiles = Quantiles::default();
                part.iter().for_each(|value| quantiles.add(Some(*value)));
                whole.merge(&quantiles);
            }
            let values = parts.concat();
            for share in [0.0, 0.5, 0.95, 0.99, 1.0] {
                match (whole.quantile(share), exact(&values, share)) {
                    (Some(found), Some(exact)) => {
                        let off = found.abs_diff(exact) as f64;
                        prop_assert!(off <= exact as f64 / 62.0, "{found} for {exact}");
                    }
                    (found, exact) => prop_assert_eq!(found, exact),
                }
            }
        }
    }
}
