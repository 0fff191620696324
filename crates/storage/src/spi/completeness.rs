//! Whether an answer is whole.

/// Whether an answer holds everything that was stored of what was asked for, and is not too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
pub enum Completeness {
    /// It does.
    #[default]
    Complete,
    /// Some of what was stored could not be read, or had to make room, and might
    /// have been in it.
    Incomplete,
}

impl Completeness {
    /// Complete unless something is missing.
    pub fn unless(is_missing: bool) -> Self {
        if is_missing { Self::Incomplete } else { Self::Complete }
    }
}
