//! The cost of a request, counted while it is answered: rows and points that were really read.

use std::sync::atomic::{AtomicU64, Ordering};

use super::error::{Code, FieldError};

/// What all fields of one HTTP request may still read, shared by them. Resolvers take from it
/// before they read a chunk, so that a request is cut at most one chunk late.
#[derive(Debug)]
pub struct Budget {
    rows: Account,
    points: Account,
}

#[derive(Debug)]
struct Account {
    what: &'static str,
    limit: u64,
    spent: AtomicU64,
}

impl Budget {
    /// A budget of `rows` stored rows and `points` metric points.
    pub const fn new(rows: u64, points: u64) -> Self {
        Self {
            rows: Account::new("stored rows", rows),
            points: Account::new("metric points", points),
        }
    }

    /// Takes `count` stored rows (spans, records, metadata, relations).
    ///
    /// # Errors
    /// `COST_EXCEEDED` once the limit is passed, for this and every later call.
    pub fn rows(&self, count: u64) -> Result<(), FieldError> {
        self.rows.take(count)
    }

    /// Takes `count` metric points.
    ///
    /// # Errors
    /// `COST_EXCEEDED` once the limit is passed, for this and every later call.
    pub fn points(&self, count: u64) -> Result<(), FieldError> {
        self.points.take(count)
    }

    /// Rows and points taken so far, refused ones included.
    pub fn spent(&self) -> (u64, u64) {
        let rows = self.rows.spent.load(Ordering::Relaxed);
        (rows, self.points.spent.load(Ordering::Relaxed))
    }
}

impl Account {
    const fn new(what: &'static str, limit: u64) -> Self {
        Self { what, limit, spent: AtomicU64::new(0) }
    }

    fn take(&self, count: u64) -> Result<(), FieldError> {
        // Capping one step keeps a hostile count from wrapping the counter around.
        let before = self.spent.fetch_add(count.min(1 << 40), Ordering::Relaxed);
        if before.saturating_add(count) <= self.limit {
            return Ok(());
        }
        let Self { what, limit, .. } = self;
        let message = format!(
            "request reads more than {limit} {what}; narrow the time range or ask for fewer fields"
        );
        Err(FieldError::new(Code::CostExceeded, message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spent_budget_stays_spent() {
        let budget = Budget::new(10, 5);
        assert_eq!(budget.rows(10), Ok(()));
        let refused = budget.rows(1).expect_err("over the limit");
        assert_eq!(refused.code, Code::CostExceeded);
        assert!(refused.message.contains("more than 10 stored rows"));
        assert!(budget.rows(0).is_err());
        assert_eq!(budget.points(5), Ok(()), "accounts are separate");
    }

    #[test]
    fn a_hostile_count_does_not_wrap() {
        let budget = Budget::new(10, 5);
        assert!(budget.points(u64::MAX).is_err());
        assert!(budget.points(u64::MAX).is_err());
        assert!(budget.points(1).is_err());
    }
}
