//! How much memory things take.

/// Bytes of a hash table with room for `capacity` entries: one control byte per
/// slot, at most seven eighths of the slots in use.
pub(crate) fn table_bytes<T>(capacity: usize) -> usize {
    capacity * 8 / 7 * (size_of::<T>() + 1)
}
