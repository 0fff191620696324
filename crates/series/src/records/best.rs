//! How good a record has to be to be among the best.

use std::collections::{BTreeSet, HashMap};

use skytrail_storage::RecordRead;

/// The ranks of the best records so far, each id once; a lower rank is better.
#[derive(Debug)]
pub(super) struct Best {
    limit: usize,
    descending: bool,
    ranks: BTreeSet<(i64, String)>,
    by_id: HashMap<String, i64>,
}

impl Best {
    pub(super) fn new(read: &RecordRead) -> Self {
        let (limit, descending) = (read.limit, read.descending);
        Self { limit, descending, ranks: BTreeSet::new(), by_id: HashMap::new() }
    }

    /// The rank of the best of latencies.
    pub(super) fn rank(&self, least: i64, most: i64) -> i64 {
        // The complement, because the least number has no negative.
        if self.descending { !most } else { least }
    }

    /// Whether a record of a rank may be in the answer. Those of equal rank may, because time and
    /// id decide between them.
    pub(super) fn wants(&self, rank: i64) -> bool {
        let worst = self.ranks.last().filter(|_| self.ranks.len() >= self.limit);
        self.limit > 0 && worst.is_none_or(|(worst, _)| rank <= *worst)
    }

    /// Takes a record.
    pub(super) fn saw(&mut self, rank: i64, id: &str) {
        if let Some(held) = self.by_id.get_mut(id) {
            if rank < *held {
                self.ranks.remove(&(*held, id.to_owned()));
                self.ranks.insert((rank, id.to_owned()));
                *held = rank;
            }
            return;
        }
        self.by_id.insert(id.to_owned(), rank);
        self.ranks.insert((rank, id.to_owned()));
        if self.ranks.len() > self.limit
            && let Some((_, id)) = self.ranks.pop_last()
        {
            self.by_id.remove(&id);
        }
    }
}
