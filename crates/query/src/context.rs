//! What one request may cost, and how long it may take.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use crate::error::{Error, ErrorKind, Result};

/// Rows and points that a request may still read. All questions of a request
/// share one; a question stops at most one block of rows after the limit.
#[derive(Debug)]
pub struct Budget {
    limit: u64,
    spent: AtomicU64,
}

impl Budget {
    /// Rows and points of one request unless the operator says otherwise.
    pub const DEFAULT_LIMIT: u64 = 5_000_000;

    /// A budget of `limit` rows and points together.
    pub const fn new(limit: u64) -> Self {
        Self { limit, spent: AtomicU64::new(0) }
    }

    /// Takes `count` rows or points.
    ///
    /// # Errors
    /// `TooLarge` once the limit is passed, for this and every later call.
    pub fn take(&self, count: u64) -> Result<()> {
        // One step is capped, so that no count can wrap the counter around.
        let before = self.spent.fetch_add(count.min(1 << 40), Ordering::Relaxed);
        if before.saturating_add(count) <= self.limit {
            return Ok(());
        }
        Err(Error::too_large(format!(
            "request reads more than {} rows and points; narrow the time range or ask for less",
            self.limit
        )))
    }

    /// Rows and points taken so far, refused ones included.
    pub fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    /// Spends the rest, so that every question stops at its next block; for a
    /// client that has left.
    pub fn exhaust(&self) {
        self.spent.fetch_max(self.limit.saturating_add(1), Ordering::Relaxed);
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self::new(Self::DEFAULT_LIMIT)
    }
}

/// On whose account a question is answered.
#[derive(Debug, Clone, Default)]
pub struct Ctx {
    /// What the request may still read.
    pub budget: Arc<Budget>,
    /// When it is given up; none is never.
    pub deadline: Option<Instant>,
}

impl Ctx {
    /// Counts what a store looks at to answer, before it does.
    ///
    /// # Errors
    /// As [`Ctx::charge`].
    pub(crate) fn charge_examined(&self, rows: u64) -> Result<()> {
        self.charge(usize::try_from(rows).unwrap_or(usize::MAX))
    }

    /// Counts `rows` that were read.
    ///
    /// # Errors
    /// `TooLarge` past the budget, `Timeout` past the deadline.
    pub(crate) fn charge(&self, rows: usize) -> Result<()> {
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Error::new(ErrorKind::Timeout, "request took longer than its deadline"));
        }
        self.budget.take(rows as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use super::{Budget, Ctx};
    use crate::error::ErrorKind;

    #[test]
    fn a_spent_budget_stays_spent_and_names_its_limit() {
        let budget = Budget::new(10);
        assert!(budget.take(10).is_ok());
        let error = budget.take(1).unwrap_err();
        assert_eq!(error.kind, ErrorKind::TooLarge);
        assert!(error.message.contains("more than 10 rows"), "{error}");
        assert!(budget.take(u64::MAX).is_err() && budget.take(0).is_err());
    }

    #[test]
    fn a_request_that_is_over_reads_nothing_more() {
        let late = Ctx { deadline: Some(Instant::now()), ..Ctx::default() };
        assert_eq!(late.charge(1).unwrap_err().kind, ErrorKind::Timeout);
        let gone = Ctx { budget: Arc::new(Budget::new(100)), deadline: None };
        gone.budget.exhaust();
        assert_eq!(gone.charge(1).unwrap_err().kind, ErrorKind::TooLarge);
    }
}
