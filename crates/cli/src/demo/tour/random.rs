//! Numbers that look random.

/// A generator of numbers that look random (xorshift64*): every tour has the same calls.
pub(super) struct Random(pub(super) u64);

impl Random {
    pub(super) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(super) fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 33) % bound.max(1)
    }

    pub(super) fn between(&mut self, least: i64, most: i64) -> i64 {
        let more = self.below(u64::try_from(most - least).unwrap_or(1));
        least + i64::try_from(more).unwrap_or(0)
    }

    pub(super) fn is_one_of_hundred(&mut self, count: u64) -> bool {
        self.below(100) < count
    }

    pub(super) fn pick<'a, T>(&mut self, among: &'a [T]) -> Option<&'a T> {
        let index = self.below(among.len() as u64);
        among.get(usize::try_from(index).unwrap_or(0))
    }
}
