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
    peak: AtomicUsize,
}

impl Budget {
    /// A budget of `limit` bytes, all free.
    pub fn new(limit: usize) -> Self {
        let inner = Inner { limit, used: AtomicUsize::new(0), peak: AtomicUsize::new(0) };
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

    /// The most bytes ever held at once.
    pub fn peak(&self) -> usize {
        self.inner.peak.load(Ordering::Relaxed)
    }

    /// Whether more is held than the limit allows.
    pub fn is_over(&self) -> bool {
        self.used() > self.limit()
    }

    /// Takes `bytes` when they fit; otherwise takes nothing and says false.
    pub fn try_take(&self, bytes: usize) -> bool {
        let taken = self.inner.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            let next = used.checked_add(bytes)?;
            (next <= self.inner.limit).then_some(next)
        });
        if let Ok(before) = taken {
            self.inner.peak.fetch_max(before + bytes, Ordering::Relaxed);
        }
        taken.is_ok()
    }

    /// Takes `bytes` whether or not they fit; the caller then makes room.
    pub fn force(&self, bytes: usize) {
        let before = self.inner.used.fetch_add(bytes, Ordering::Relaxed);
        self.inner.peak.fetch_max(before.saturating_add(bytes), Ordering::Relaxed);
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
    fn refuses_what_does_not_fit_and_takes_again_after_giving_back() {
        let budget = Budget::new(100);
        assert!(budget.try_take(60));
        assert!(!budget.try_take(41));
        assert_eq!(budget.used(), 60);
        budget.give(20);
        assert!(budget.try_take(60));
        assert_eq!((budget.used(), budget.peak()), (100, 100));
    }

    #[test]
    fn force_may_exceed_the_limit_and_says_so() {
        let budget = Budget::new(10);
        budget.force(25);
        assert!(budget.is_over());
        budget.give(30);
        assert_eq!(budget.used(), 0);
        assert_eq!(budget.peak(), 25);
    }
}
