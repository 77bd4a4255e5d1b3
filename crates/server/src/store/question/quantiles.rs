//! Quantiles in bounded memory: exact for few values, within 1.6 % for many.

use std::array;

/// The values up to which quantiles are exact.
const FEW: usize = 256;
/// The buckets of an octave, from a power of two to the next: their middle is within 1/64 of every value in them.
const BUCKETS: usize = 32;
const BUCKET_BITS: u32 = BUCKETS.trailing_zeros();
const OCTAVES: usize = 64;

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

/// The counts of values by octave and bucket. Durations lie in a few octaves, and the others take no memory.
#[derive(Clone, Debug)]
pub(crate) struct Histogram {
    octaves: [Option<Box<[u64; BUCKETS]>>; OCTAVES],
    count: u64,
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

    pub(super) fn merge(&mut self, other: Self) {
        match other {
            Self::Few(values) => values.into_iter().for_each(|value| self.add(Some(value))),
            Self::Many(other) => self.many().merge(&other),
        }
    }

    /// Converts to a histogram.
    fn many(&mut self) -> &mut Histogram {
        if let Self::Few(values) = self {
            let mut histogram = Histogram {
                octaves: array::from_fn(|_| None),
                count: 0,
                total: 0,
            };
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
            Self::Many(histogram) => histogram.count,
        }
    }
}

impl Histogram {
    #[inline]
    fn add(&mut self, value: i64) {
        self.count += 1;
        self.total += i128::from(value);
        let (octave, bucket) = bucket(value);
        if let Some(octave) = self.octaves.get_mut(octave) {
            let counts = octave.get_or_insert_with(|| Box::new([0; BUCKETS]));
            if let Some(count) = counts.get_mut(bucket) {
                *count += 1;
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.total += other.total;
        for (own, other) in self.octaves.iter_mut().zip(&other.octaves) {
            let Some(other) = other else { continue };
            let own = own.get_or_insert_with(|| Box::new([0; BUCKETS]));
            for (own, other) in own.iter_mut().zip(other.iter()) {
                *own += other;
            }
        }
    }

    fn value(&self, rank: u64) -> Option<i64> {
        let mut before = 0;
        for (octave, counts) in self.octaves.iter().enumerate() {
            let Some(counts) = counts else { continue };
            for (bucket, count) in counts.iter().enumerate() {
                before += count;
                if before >= rank {
                    return Some(middle(octave, bucket));
                }
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

/// Returns the octave and the bucket of a value. Octave 0 has a bucket for each value below 32.
#[inline]
fn bucket(value: i64) -> (usize, usize) {
    let value = value.max(0).unsigned_abs();
    let bits = u64::BITS - value.leading_zeros();
    let octave = bits.saturating_sub(BUCKET_BITS);
    // The highest bit is the octave's.
    let bucket = match octave {
        0 => value,
        octave => (value >> (octave - 1)) & (BUCKETS as u64 - 1),
    };
    (octave as usize, usize::try_from(bucket).unwrap_or(0))
}

/// Returns the middle of a bucket.
fn middle(octave: usize, bucket: usize) -> i64 {
    let Some(shift) = octave.checked_sub(1) else {
        return bucket.try_into().unwrap_or(i64::MAX);
    };
    let least = (BUCKETS + bucket) as i128;
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
                whole.merge(quantiles);
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
