//! Chance that a seed decides (splitmix64).

/// Throws that are the same for the same seed.
#[derive(Debug, Clone)]
pub struct Dice {
    state: u64,
}

/// How likely something is kept, in quarters; 0 is never, 4 is always.
#[derive(Debug, Clone, Copy)]
pub(super) struct Chance(u64);

/// What a crash does to what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Loss {
    /// Any of the others, or nothing.
    Any,
    /// All of it is gone.
    Everything,
    /// Some of the writes are there, whole, and others before them are not.
    Reordered,
    /// Writes are there in part, by sectors.
    Torn,
}

impl Dice {
    /// Throws that `seed` decides.
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Any number, such as a seed for others.
    pub fn throw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to and without `limit`; 0 for 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.throw().checked_rem(limit).unwrap_or(0)
    }

    pub(super) fn index(&mut self, len: usize) -> usize {
        self.below(len as u64) as usize
    }

    /// How much of what was not synced a crash keeps.
    pub(super) fn chance_of(&mut self, loss: Loss) -> Chance {
        match loss {
            Loss::Any => self.chance(),
            Loss::Everything => Chance(0),
            Loss::Reordered | Loss::Torn => Chance(2),
        }
    }

    /// Each of the five is as likely, so that everything and nothing are often
    /// kept, which many throws at even odds would hardly ever give.
    fn chance(&mut self) -> Chance {
        Chance(self.below(5))
    }

    pub(super) fn keeps(&mut self, chance: Chance) -> bool {
        self.below(4) < chance.0
    }
}
