//! How much is held.

/// Limits in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Config {
    /// Memory for entities and aliases; what exceeds it goes, from the file too.
    pub entity_bytes: usize,
    /// Memory for tags, likewise.
    pub tag_bytes: usize,
    /// Memory for pages of the file. Reads never touch it; a write that has more
    /// pages writes some of them early.
    pub cache_bytes: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { entity_bytes: 20 << 20, tag_bytes: 2560 << 10, cache_bytes: 4 << 20 }
    }
}
