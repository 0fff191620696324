//! A limit in bytes that several holders share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that may be held at once. Cheap to clone; clones share the limit.
#[derive(Debug, Clone)]
pub struct Budget {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    limit: usize,
    used: AtomicUsize,
}

impl Budget {
    /// A budget of `limit` bytes, all free.
    pub fn new(limit: usize) -> Self {
        let inner = Inner { limit, used: AtomicUsize::new(0) };
        Self { inner: Arc::new(inner) }
    }

    /// The limit in bytes.
    pub fn limit(&self) -> usize {
        self.inner.limit
    }

    /// Bytes held now; may stand above the limit after [`Budget::force`].
    pub fn used(&self) -> usize {
        self.inner.used.load(Ordering::Relaxed)
    }

    /// Whether more is held than the limit allows.
    pub fn is_over(&self) -> bool {
        self.used() > self.limit()
    }

    /// Takes `bytes` whether or not they fit; the caller then makes room.
    pub fn force(&self, bytes: usize) {
        self.inner.used.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Gives back `bytes` that were taken.
    pub fn give(&self, bytes: usize) {
        // Giving back more than was taken is a bug of the caller; saturating keeps it from
        // turning into an unlimited budget.
        let _ = self.inner.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            Some(used.saturating_sub(bytes))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::Budget;

    #[test]
    fn force_may_exceed_the_limit_and_says_so() {
        let budget = Budget::new(10);
        let clone = budget.clone();
        clone.force(10);
        assert!(!budget.is_over(), "full is not over");
        clone.force(15);
        assert!(budget.is_over());
        budget.give(30);
        assert_eq!(clone.used(), 0);
    }
}
