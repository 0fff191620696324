//! Questions about short runs of bytes, asked several times per span. The
//! library's answers are made for long ones and look at the last bytes singly.

const HIGH_BITS: u128 = 0x8080_8080_8080_8080_8080_8080_8080_8080;

/// Whether all bytes are ASCII.
#[inline]
pub(super) fn is_ascii(bytes: &[u8]) -> bool {
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

/// What comes before the first byte that is not ASCII.
#[inline(always)]
pub(super) fn ascii_prefix(bytes: &[u8]) -> &[u8] {
    if is_ascii(bytes) { bytes } else { before_other(bytes) }
}

#[inline(never)]
fn before_other(bytes: &[u8]) -> &[u8] {
    let words = bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
    let (mut at, high) = (0, HIGH_BITS as u64);
    for word in words {
        if word & high != 0 {
            at += (word & high).trailing_zeros() as usize / 8;
            return bytes.get(..at).unwrap_or_default();
        }
        at += 8;
    }
    let rest = bytes.get(at..).unwrap_or_default();
    at += rest.iter().take_while(|byte| byte.is_ascii()).count();
    bytes.get(..at).unwrap_or_default()
}

/// The bits that are set in any of four words.
#[inline(always)]
fn joined(chunk: &[u8; 64]) -> u128 {
    chunk.as_chunks().0.iter().fold(0, |all, word| all | u128::from_le_bytes(*word))
}

#[cfg(test)]
mod tests {
    use super::{ascii_prefix, is_ascii};

    #[test]
    fn every_byte_counts() {
        for len in 0..200 {
            let mut bytes = vec![0x7f; len];
            assert!(is_ascii(&bytes));
            assert_eq!(ascii_prefix(&bytes).len(), len);
            for at in 0..len {
                bytes[at] = 0x80;
                assert!(!is_ascii(&bytes), "{len} {at}");
                assert_eq!(ascii_prefix(&bytes).len(), at);
                bytes[at] = 0x7f;
            }
        }
    }
}
