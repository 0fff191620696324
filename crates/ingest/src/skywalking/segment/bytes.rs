//! Questions about short runs of bytes, asked several times per span. The
//! library's answers are made for long ones and look at the last bytes singly.

const HIGH_BITS: u128 = 0x8080_8080_8080_8080_8080_8080_8080_8080;

/// Whether all bytes are ASCII.
#[inline]
pub(super) fn is_ascii(bytes: &[u8]) -> bool {
    if let Some(last) = bytes.last_chunk::<16>() {
        // The last chunk overlaps the one before, so that no byte is left over.
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

#[cfg(test)]
mod tests {
    use super::is_ascii;

    #[test]
    fn every_byte_counts() {
        for len in 0..70 {
            let mut bytes = vec![0x7f; len];
            assert!(is_ascii(&bytes));
            for at in 0..len {
                bytes[at] = 0x80;
                assert!(!is_ascii(&bytes), "{len} {at}");
                bytes[at] = 0x7f;
            }
        }
    }
}
