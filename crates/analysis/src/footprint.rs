//! How much memory things take.
//!
//! The budget of windows is charged with what was written: a vector that only
//! grows counts with its length, one that is emptied and filled again with its
//! room, and a hash table with its room as well, since entries stand all over
//! it. So room for what is expected costs nothing before it is needed, and no
//! window is closed early because of it. That room takes no memory either as
//! long as it is large enough (some MiB) for the allocator to ask the system
//! for it, which gives pages when they are written. Smaller room, and room that
//! an earlier window gave back to the allocator, may be in memory at once; it
//! is hardly more than what that window had written.

/// Bytes of a hash table with room for `capacity` entries: one control byte per
/// slot, at most seven eighths of the slots in use.
pub(crate) fn table_bytes<T>(capacity: usize) -> usize {
    capacity * 8 / 7 * (size_of::<T>() + 1)
}
