//! Numbers in files: little-endian, at fixed places.

/// The number at a place; 0 beyond the end.
pub(crate) fn u16_at(bytes: &[u8], at: usize) -> u16 {
    chunk(bytes, at).map_or(0, u16::from_le_bytes)
}

/// The number at a place; 0 beyond the end.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    chunk(bytes, at).map_or(0, u32::from_le_bytes)
}

/// The number at a place; 0 beyond the end.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    chunk(bytes, at).map_or(0, u64::from_le_bytes)
}

fn chunk<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..).and_then(<[u8]>::first_chunk).copied()
}

/// Puts bytes to a place, as far as there is room.
pub(crate) fn put<const N: usize>(bytes: &mut [u8], at: usize, number: [u8; N]) {
    if let Some(place) = bytes.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
        *place = number;
    }
}

/// What files are checked by. A salt makes it a sum that nobody outside can
/// work out.
pub(crate) fn checksum(bytes: &[u8], salt: u64) -> u64 {
    xxhash_rust::xxh3::xxh3_64_with_seed(bytes, salt)
}

/// The checksum of bytes that come in pieces, with salt 0.
#[derive(Default)]
pub(crate) struct Checksum {
    state: xxhash_rust::xxh3::Xxh3Default,
}

impl Checksum {
    /// Adds the next bytes.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
    }

    /// The checksum of all that was added.
    pub(crate) fn finish(&self) -> u64 {
        self.state.digest()
    }
}
