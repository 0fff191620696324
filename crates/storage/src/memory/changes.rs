//! What whoever writes a table behind has to write.
//!
//! A table remembers of each row whether it was taken as it is, so that rows
//! which are not yet taken cost nothing but a mark, and of rows that went only
//! those that were taken or loaded before.

/// What changed in a table since the last look.
///
/// It is to be written as one step, `gone` first. What could not be written is
/// given back before anything else is taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changes<Row, Key> {
    /// Rows that are new or different, whole, in no order.
    pub put: Vec<Row>,
    /// Keys of rows that were taken or loaded once and went, by memory or by age.
    pub gone: Vec<Key>,
    /// Whether there are more rows than were asked for: look again.
    pub has_more: bool,
}

impl<Row, Key> Changes<Row, Key> {
    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.put.is_empty() && self.gone.is_empty()
    }
}

/// What was taken of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// Nothing ever.
    Never,
    /// The row as it was once.
    Older,
    /// The row as it is.
    AsIs,
}

impl Taken {
    /// After the row has changed, or what was taken was given back.
    pub(super) fn changed(self) -> Self {
        match self {
            Self::Never => Self::Never,
            Self::Older | Self::AsIs => Self::Older,
        }
    }

    /// After the row was written without being taken, as it was at some time.
    pub(super) fn written(self) -> Self {
        match self {
            Self::Never => Self::Older,
            Self::Older | Self::AsIs => self,
        }
    }
}
