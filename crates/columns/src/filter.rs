//! Which keys are certainly not in a set: a Bloom filter of lines of 64 bytes, one of which a key touches.
//!
//! Line of a hash: the upper half of the product of the hash and the number of lines. In it six bits are set: with
//! `x` beginning as the hash times `0x9E3779B97F4A7C15`, the bit `x >> 55`, then `x` becomes `x` times
//! `0xD6E8FEB86659FD93`, rotated left by 23. Bit `n` of a line is bit `n % 8` of its byte `n / 8`.

use bytes::Bytes;

/// Bytes of a line.
const LINE: usize = 64;
/// Bits for each key. One in a hundred of other keys seems to be there.
const BITS_PER_KEY: usize = 10;
const BITS_SET: usize = 6;

/// A filter that is read.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    lines: Bytes,
}

fn line_of(hash: u64, lines: usize) -> usize {
    ((u128::from(hash) * lines as u128) >> 64) as usize
}

/// Places of the byte, and the bit in it.
fn bits(hash: u64) -> impl Iterator<Item = (usize, u8)> {
    let first = hash.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let next = |x: &u64| Some(x.wrapping_mul(0xD6E8_FEB8_6659_FD93).rotate_left(23));
    let bits = std::iter::successors(Some(first), next).take(BITS_SET);
    bits.map(|x| ((x >> 58) as usize, 1 << (x >> 55 & 7)))
}

/// A filter that is filled.
#[derive(Debug)]
pub struct FilterWriter {
    bytes: Vec<u8>,
}

impl FilterWriter {
    /// For so many keys.
    pub fn for_keys(keys: usize) -> Self {
        Self::with_bytes((keys * BITS_PER_KEY).div_ceil(8))
    }

    /// Of so many bytes, rounded up to whole lines: those that filters of parts of the keys have together.
    pub fn with_bytes(bytes: usize) -> Self {
        Self { bytes: vec![0; bytes.div_ceil(LINE).max(1) * LINE] }
    }

    /// Adds a key with this hash.
    pub fn add(&mut self, hash: u64) {
        let start = line_of(hash, self.bytes.len() / LINE) * LINE;
        let Some(line) = self.bytes.get_mut(start..start + LINE) else { return };
        for (place, bit) in bits(hash) {
            if let Some(byte) = line.get_mut(place) {
                *byte |= bit;
            }
        }
    }

    /// Its bytes.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

impl Filter {
    /// From the bytes of [`FilterWriter::finish`]; none when they are no lines.
    pub fn new(lines: Bytes) -> Option<Self> {
        (!lines.is_empty() && lines.len().is_multiple_of(LINE)).then_some(Self { lines })
    }

    /// Whether a key with this hash may be there.
    pub fn may_hold(&self, hash: u64) -> bool {
        let start = line_of(hash, self.lines.len() / LINE) * LINE;
        let line = self.lines.get(start..start + LINE).unwrap_or_default();
        bits(hash).all(|(place, bit)| line.get(place).is_some_and(|byte| byte & bit != 0))
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        self.lines.len()
    }
}

#[cfg(test)]
mod tests {
    use xxhash_rust::xxh3::xxh3_64;

    use super::*;

    fn hash(n: u32) -> u64 {
        xxh3_64(&n.to_le_bytes())
    }

    fn filter_of(hashes: &[u64]) -> Vec<u8> {
        let mut filter = FilterWriter::for_keys(hashes.len());
        hashes.iter().for_each(|hash| filter.add(*hash));
        filter.finish()
    }

    #[test]
    fn what_is_there_is_found_and_little_else() {
        let hashes: Vec<_> = (0..10_000).map(hash).collect();
        let filter = Filter::new(filter_of(&hashes).into()).unwrap();
        assert!(hashes.iter().all(|hash| filter.may_hold(*hash)));
        let wrong = (10_000..110_000).filter(|n| filter.may_hold(hash(*n))).count();
        assert!(wrong < 1_500, "{wrong} of 100,000");
        assert!(filter.memory() < 10_000 * 11 / 8);
    }

    #[test]
    fn no_keys_make_a_filter_too() {
        let filter = Filter::new(filter_of(&[]).into()).unwrap();
        assert!(!filter.may_hold(hash(1)));
        assert!(Filter::new(Bytes::from_static(&[0; 63])).is_none());
        assert!(!Filter::default().may_hold(hash(1)));
    }
}
