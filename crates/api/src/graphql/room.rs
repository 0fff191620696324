//! How long the answers of one HTTP request may become.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that the answers may still come to, together.
#[derive(Debug)]
pub(crate) struct Room {
    left: AtomicUsize,
}

impl Room {
    pub(crate) fn of(bytes: usize) -> Self {
        Self { left: AtomicUsize::new(bytes) }
    }

    pub(crate) fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }

    /// Whether nothing fits in any more: then nothing needs to be resolved.
    pub(crate) fn is_full(&self) -> bool {
        self.left() == 0
    }

    /// Takes bytes; what is more than there is leaves nothing for others.
    pub(crate) fn take(&self, bytes: usize) {
        let less = |left: usize| Some(left.saturating_sub(bytes));
        let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }
}
