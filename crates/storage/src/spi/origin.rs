//! Where rows come from, and which of them a reader may see.

/// The append that brought a row: who, and its how-many-eth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    /// The shard that appended.
    pub shard: u16,
    /// Grows by one per append of that shard, over all families; starts at 1.
    pub sequence: u64,
}

/// Per shard, the last sequence number that is included; shards that are not
/// named are included up to nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cut {
    last: Vec<u64>,
}

impl Cut {
    /// Includes a shard up to and with `sequence`.
    pub fn include(&mut self, shard: u16, sequence: u64) {
        let place = shard as usize;
        if self.last.len() <= place {
            self.last.resize(place + 1, 0);
        }
        if let Some(last) = self.last.get_mut(place) {
            *last = sequence;
        }
    }

    /// Includes an append and all before it of its shard; leaves out nothing
    /// that was included.
    pub fn widen(&mut self, origin: Origin) {
        self.include(origin.shard, origin.sequence.max(self.last_of(origin.shard)));
    }

    /// Includes everything that another cut includes.
    pub fn unite(&mut self, other: &Self) {
        for (shard, sequence) in other.last.iter().enumerate() {
            self.widen(Origin { shard: shard as u16, sequence: *sequence });
        }
    }

    /// The cut that leaves out the last `appends` of each shard.
    #[must_use]
    pub fn behind(&self, appends: u64) -> Self {
        Self { last: self.last.iter().map(|last| last.saturating_sub(appends)).collect() }
    }

    /// Whether everything that another cut includes is included.
    pub fn covers(&self, other: &Self) -> bool {
        let mut shards = other.last.iter().enumerate();
        shards.all(|(shard, sequence)| self.last_of(shard as u16) >= *sequence)
    }

    /// Whether an append is included.
    pub fn contains(&self, origin: Origin) -> bool {
        self.last.get(origin.shard as usize).is_some_and(|last| origin.sequence <= *last)
    }

    /// Every shard that anything is included of is below this number.
    pub fn shards(&self) -> u16 {
        u16::try_from(self.last.len()).unwrap_or(u16::MAX)
    }

    /// The last included sequence number of a shard; 0 is none.
    pub fn last_of(&self, shard: u16) -> u64 {
        self.last.get(shard as usize).copied().unwrap_or(0)
    }
}

/// Which rows a reader sees. Rows that are still live elsewhere are left out of
/// the stored ones, so that nothing is counted twice and nothing is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Visible {
    /// Every stored row.
    #[default]
    All,
    /// Rows of this process up to a cut. Rows that came before this process
    /// started are always seen.
    UpTo(Cut),
}

impl Visible {
    /// Whether a row of an origin is seen.
    pub fn sees(&self, origin: Origin) -> bool {
        match self {
            Self::All => true,
            Self::UpTo(cut) => cut.contains(origin),
        }
    }
}
