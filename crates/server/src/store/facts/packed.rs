//! Whole numbers in as few bytes as the widest of them needs.

/// Bytes of a number that may be any `i64` or missing: one byte for its presence, eight for its value.
const ANY: usize = 9;

/// The numbers of a column. Each is stored as its distance from the least, in `width` bytes; a missing number as the
/// greatest distance. A column of one number takes no bytes.
#[derive(Debug, Default)]
pub(crate) struct Packed {
    pub(super) least: i64,
    pub(super) width: usize,
    /// The distance that stands for a missing number.
    pub(super) missing: Option<u64>,
    /// Padded, so that eight bytes can be read from each place.
    pub(super) bytes: Box<[u8]>,
}

impl Packed {
    pub(super) fn of(numbers: impl Iterator<Item = Option<i64>> + Clone) -> Self {
        let known = numbers.clone().flatten();
        let least = known.clone().min().unwrap_or(0);
        let greatest = known.max().unwrap_or(least);
        let any_missing = numbers.clone().any(|number| number.is_none());
        let range = greatest.abs_diff(least);
        let is_known = numbers.clone().any(|number| number.is_some());
        let missing = any_missing.then(|| match is_known {
            true => range.checked_add(1),
            false => Some(0),
        });
        if missing == Some(None) {
            return Self::any(numbers);
        }
        let missing = missing.flatten();
        let width = width(missing.unwrap_or(range));
        let mut bytes = Vec::new();
        if width > 0 {
            for number in numbers {
                let distance = match (number, missing) {
                    (None, Some(missing)) => missing,
                    (number, _) => number.map_or(0, |number| number.abs_diff(least)),
                };
                bytes.extend(distance.to_le_bytes().into_iter().take(width));
            }
            bytes.extend([0; 8]);
        }
        Self {
            least,
            width,
            missing,
            bytes: bytes.into(),
        }
    }

    /// Packs numbers whose range leaves no distance for a missing one.
    fn any(numbers: impl Iterator<Item = Option<i64>>) -> Self {
        let bytes = numbers.flat_map(|number| {
            let presence = std::iter::once(u8::from(number.is_some()));
            presence.chain(number.unwrap_or(0).to_le_bytes())
        });
        Self {
            width: ANY,
            bytes: bytes.collect(),
            ..Self::default()
        }
    }

    /// Returns the number at an index; any number for an index beyond the column.
    #[inline]
    pub(crate) fn get(&self, index: usize) -> Option<i64> {
        if self.width == ANY {
            let (presence, number) = self.bytes.get(index * ANY..)?.split_first()?;
            let number = i64::from_le_bytes(*number.first_chunk()?);
            return (*presence == 1).then_some(number);
        }
        let distance = self.distance(index);
        match self.missing {
            Some(missing) if distance == missing => None,
            _ => Some(self.least.wrapping_add_unsigned(distance)),
        }
    }

    /// Returns the distance of a number from the least.
    #[inline]
    fn distance(&self, index: usize) -> u64 {
        if self.width == 0 {
            return self.missing.unwrap_or(0);
        }
        let from = index * self.width;
        let word = self.bytes.get(from..).and_then(|rest| rest.first_chunk());
        let word = word.map_or(0, |word| u64::from_le_bytes(*word));
        word & (u64::MAX >> (64 - 8 * self.width))
    }

    /// Reads the numbers at many indexes, each into its place in `numbers`: a few times faster than one by one.
    pub(crate) fn read(&self, indexes: &[u32], numbers: &mut [Option<i64>]) {
        match self.width {
            0 => numbers.fill(self.get(0)),
            1 => self.read_wide::<1>(indexes, numbers),
            2 => self.read_wide::<2>(indexes, numbers),
            3 => self.read_wide::<3>(indexes, numbers),
            4 => self.read_wide::<4>(indexes, numbers),
            5 => self.read_wide::<5>(indexes, numbers),
            6 => self.read_wide::<6>(indexes, numbers),
            7 => self.read_wide::<7>(indexes, numbers),
            8 => self.read_wide::<8>(indexes, numbers),
            _ => {
                for (number, index) in numbers.iter_mut().zip(indexes) {
                    *number = self.get(*index as usize);
                }
            }
        }
    }

    /// Reads numbers of `W` bytes.
    #[inline]
    fn read_wide<const W: usize>(&self, indexes: &[u32], numbers: &mut [Option<i64>]) {
        let mask = u64::MAX >> (64 - 8 * W);
        let missing = self.missing;
        for (number, index) in numbers.iter_mut().zip(indexes) {
            let from = *index as usize * W;
            let word = self.bytes.get(from..).and_then(|rest| rest.first_chunk());
            let distance = word.map_or(0, |word| u64::from_le_bytes(*word)) & mask;
            let is_missing = missing == Some(distance);
            *number = (!is_missing).then(|| self.least.wrapping_add_unsigned(distance));
        }
    }

    /// Returns whether the number is the same at all indexes.
    pub(crate) fn is_constant(&self) -> bool {
        self.width == 0
    }

    /// Returns the size in bytes.
    pub(super) fn size(&self) -> usize {
        self.bytes.len()
    }
}

/// Returns the bytes that a number needs.
fn width(number: u64) -> usize {
    (64 - number.leading_zeros()).div_ceil(8) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number() -> impl Strategy<Value = Option<i64>> {
        prop_oneof![
            Just(None),
            (0i64..3).prop_map(Some),
            (-300i64..70_000).prop_map(Some),
            any::<i64>().prop_map(Some),
            Just(Some(i64::MIN)),
            Just(Some(i64::MAX)),
        ]
    }

    proptest! {
        #[test]
        fn numbers_come_back(numbers in prop::collection::vec(number(), 0..40)) {
            let packed = Packed::of(numbers.iter().copied());
            let read: Vec<_> = (0..numbers.len()).map(|index| packed.get(index)).collect();
            prop_assert_eq!(&read, &numbers);
            let indexes: Vec<u32> = (0..numbers.len()).rev().map(|index| index.try_into().unwrap()).collect();
            let mut read = vec![None; numbers.len()];
            packed.read(&indexes, &mut read);
            read.reverse();
            prop_assert_eq!(&read, &numbers);
            let is_constant = numbers.windows(2).all(|pair| pair[0] == pair[1]);
            prop_assert_eq!(packed.is_constant(), is_constant);
        }
    }

    #[test]
    fn a_number_takes_the_bytes_that_the_widest_needs() {
        let size = |numbers: &[Option<i64>]| Packed::of(numbers.iter().copied()).size();
        assert_eq!(size(&[Some(7); 100]), 0);
        assert_eq!(size(&[None; 100]), 0);
        let time = 1_763_848_000_000_000_000;
        assert_eq!(size(&[Some(time), Some(time + 255)]), 2 + 8);
        assert_eq!(size(&[Some(time), Some(time + 255), None]), 3 * 2 + 8);
        assert_eq!(size(&[Some(i64::MIN), Some(i64::MAX), None]), 3 * ANY);
    }
}
