//! Random numbers that are the same on every machine and in every release.

/// SplitMix64: one word of state, good enough for made-up traffic, useless for secrets.
#[derive(Debug, Clone)]
pub(crate) struct Random {
    state: u64,
}

impl Random {
    /// Equal seeds give equal sequences.
    pub(crate) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// A generator of its own for part `number`, so that one part drawing more leaves the others
    /// as they were.
    pub(crate) fn part(seed: u64, number: u64) -> Self {
        let mut random = Self::new(seed ^ number.wrapping_mul(0xD6E8_FEB8_6659_FD93));
        random.next();
        random
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut word = self.state;
        word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        word ^ (word >> 31)
    }

    /// One of `0..count`; 0 when `count` is 0.
    pub(crate) fn below(&mut self, count: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(count)) >> 64) as u64
    }

    /// One of the places of a slice of `length`; 0 when it is empty.
    pub(crate) fn place(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// One of some, each as often as its weight says in proportion.
    pub(crate) fn weighed<'a, T>(&mut self, all: &'a [T], weight: impl Fn(&T) -> u64) -> &'a T {
        let mut drawn = self.below(all.iter().map(&weight).sum());
        let found = all.iter().find(|one| match drawn.checked_sub(weight(one)) {
            Some(rest) => {
                drawn = rest;
                false
            }
            None => true,
        });
        found.unwrap_or(&all[0])
    }

    /// One of `low..=high`; `low` when they are the wrong way round.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        let count = high.saturating_sub(low).max(0) as u64 + 1;
        low.saturating_add(self.below(count) as i64)
    }

    /// True in `share` of 1,000 cases.
    pub(crate) fn permille(&mut self, share: u32) -> bool {
        self.below(1000) < u64::from(share)
    }

    /// 32 hexadecimal digits.
    pub(crate) fn hex32(&mut self) -> String {
        format!("{:016x}{:016x}", self.next(), self.next())
    }
}

#[cfg(test)]
mod tests {
    use super::Random;

    #[test]
    fn the_sequence_of_a_seed_never_changes() {
        let mut random = Random::new(1);
        assert_eq!(random.next(), 0x910A_2DEC_8902_5CC1);
        assert_eq!(random.hex32().len(), 32);
        assert_ne!(Random::part(1, 0).next(), Random::part(1, 1).next());
    }

    #[test]
    fn draws_stay_within_their_bounds_and_reach_them() {
        let mut random = Random::new(7);
        let drawn: Vec<i64> = (0..200).map(|_| random.between(-2, 2)).collect();
        assert_eq!(drawn.iter().min(), Some(&-2));
        assert_eq!(drawn.iter().max(), Some(&2));
        assert_eq!(random.below(0), 0);
        assert_eq!(random.between(5, 1), 5);
    }
}
