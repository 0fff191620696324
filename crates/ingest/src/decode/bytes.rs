//! Questions about short runs of bytes, asked several times per span. The
//! library's answers are made for long ones and look at the last bytes singly.

const HIGH_BITS: u128 = 0x8080_8080_8080_8080_8080_8080_8080_8080;

/// Whether all bytes are ASCII.
#[inline]
pub(crate) fn is_ascii(bytes: &[u8]) -> bool {
    if let Some(last) = bytes.last_chunk::<64>() {
        // The last chunk overlaps the one before, so that no byte is left over.
        let mut all = joined(last);
        for chunk in bytes.as_chunks::<64>().0 {
            all |= joined(chunk);
        }
        return all & HIGH_BITS == 0;
    }
    if let Some(last) = bytes.last_chunk::<16>() {
        let mut all = u128::from_le_bytes(*last);
        for chunk in bytes.as_chunks::<16>().0 {
            all |= u128::from_le_bytes(*chunk);
        }
        return all & HIGH_BITS == 0;
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        return (u64::from_le_bytes(*first) | u64::from_le_bytes(*last)) & HIGH_BITS as u64 == 0;
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        return (u32::from_le_bytes(*first) | u32::from_le_bytes(*last)) & HIGH_BITS as u32 == 0;
    }
    bytes.iter().fold(0, |all, byte| all | byte) < 0x80
}

/// Bytes that are looked at together before it is known whether more need to be.
const BLOCK: usize = 1024;

/// How many bytes stand behind those that come before the first one that is not
/// ASCII. Costs as much as there are before it, and a block.
#[inline(always)]
pub(crate) fn behind_ascii(bytes: &[u8]) -> usize {
    if bytes.len() <= BLOCK && is_ascii(bytes) { 0 } else { behind_chunks(bytes) }
}

#[inline(never)]
fn behind_chunks(bytes: &[u8]) -> usize {
    let (chunks, rest) = bytes.as_chunks();
    for (at, chunk) in chunks.iter().enumerate() {
        let others = u128::from_le_bytes(*chunk) & HIGH_BITS;
        if others != 0 {
            return bytes.len() - at * size_of::<u128>() - others.trailing_zeros() as usize / 8;
        }
    }
    rest.iter().position(|byte| !byte.is_ascii()).map_or(0, |at| rest.len() - at)
}

/// The bits that are set in any of four words.
#[inline(always)]
fn joined(chunk: &[u8; 64]) -> u128 {
    chunk.as_chunks().0.iter().fold(0, |all, word| all | u128::from_le_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::{BLOCK, behind_ascii, is_ascii};

    #[test]
    fn every_byte_counts() {
        for len in 0..200 {
            let mut bytes = vec![0x7f; len];
            assert!(is_ascii(&bytes));
            assert_eq!(behind_ascii(&bytes), 0);
            for at in 0..len {
                bytes[at] = 0x80;
                assert!(!is_ascii(&bytes), "{len} {at}");
                assert_eq!(behind_ascii(&bytes), len - at);
                bytes[at] = 0x7f;
            }
        }
    }

    #[test]
    fn blocks_join_without_a_gap() {
        for len in [BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
            let mut bytes = vec![0x7f; len];
            assert_eq!(behind_ascii(&bytes), 0);
            for at in [0, BLOCK - 2, BLOCK - 1, BLOCK, len - 1].into_iter().filter(|at| *at < len) {
                bytes[at] = 0x80;
                assert_eq!(behind_ascii(&bytes), len - at, "{len} {at}");
                bytes[at] = 0x7f;
            }
        }
    }
}
