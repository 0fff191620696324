//! What is known of the rows of a merge before it is done.

/// Where the rows of a merge belong.
#[derive(Debug, Clone, Copy)]
pub(super) struct At {
    pub(super) day: i64,
    pub(super) level: u8,
    /// The latest age of its parts.
    pub(super) age: i64,
}
