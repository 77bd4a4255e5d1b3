//! Repeatable randomness: the same bytes give the same numbers on every machine and in every release.

/// A hash of everything that is mixed into it (FNV-1a), and a source of numbers (SplitMix64).
///
/// The standard library's hashers guarantee neither the same result in the next release nor its distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seed(u64);

impl Seed {
    pub(super) const fn new(value: u64) -> Self {
        Self(0xcbf2_9ce4_8422_2325 ^ value)
    }

    /// Mixes bytes into the hash.
    pub(super) fn mix(self, bytes: &[u8]) -> Self {
        Self(bytes.iter().fold(self.0, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    /// Mixes a number into the hash.
    pub(super) fn mix_number(self, number: u64) -> Self {
        self.mix(&number.to_le_bytes())
    }

    /// Returns a number whose bits all depend on everything mixed in.
    pub(super) fn number(self) -> u64 {
        let mut z = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Returns a number within `low..=high`.
    pub(super) fn between(self, low: u64, high: u64) -> u64 {
        let span = high.saturating_sub(low).saturating_add(1).max(1);
        low.saturating_add(self.number() % span)
    }

    /// Returns a name of 29 letters and digits, as in OpenAI's ids after their prefix.
    pub(super) fn name(self) -> String {
        const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let digit = |place| {
            let at = usize::try_from(self.mix_number(place).between(0, 61)).unwrap_or_default();
            char::from(DIGITS.get(at).copied().unwrap_or(b'0'))
        };
        (0..29).map(digit).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_numbers_for_ever() {
        assert_eq!(
            Seed::new(7).mix(b"hello").number(),
            Seed::new(7).mix(b"hello").number()
        );
        assert_ne!(
            Seed::new(7).mix(b"hello").number(),
            Seed::new(8).mix(b"hello").number()
        );
        assert_eq!(Seed::new(0).mix(b"a").0, 0xaf63_dc4c_8601_ec8c); // FNV-1a's published test vector
    }

    #[test]
    fn numbers_keep_to_their_range() {
        assert!((0..1_000).all(|n| (60..=250).contains(&Seed::new(n).between(60, 250))));
        assert_eq!(Seed::new(1).name().len(), 29);
    }
}
