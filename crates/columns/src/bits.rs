//! Numbers of the same few bits each, one behind the other.

use std::ops::Range;

/// Bits that the numbers up to `greatest` need.
pub fn bits_of(greatest: u64) -> u32 {
    u64::BITS - greatest.leading_zeros()
}

/// Bytes that `rows` numbers of `bits` bits take; none where they are more than can be addressed.
pub fn packed_len(rows: usize, bits: u32) -> Option<usize> {
    Some(rows.checked_mul(bits as usize)?.div_ceil(8))
}

/// Appends numbers, the lowest `bits` bits of each, the first one in the lowest bits of the first byte. Numbers MUST
/// fit in `bits`, of which there are 64 at most.
pub fn pack(numbers: impl IntoIterator<Item = u64>, bits: u32, out: &mut Vec<u8>) {
    let (mut waiting, mut filled) = (0_u64, 0_u32);
    for number in numbers {
        waiting |= number << filled;
        filled += bits;
        if filled >= 64 {
            out.extend_from_slice(&waiting.to_le_bytes());
            filled -= 64;
            // What of the number did not fit.
            waiting = number.checked_shr(bits - filled).unwrap_or(0);
        }
    }
    let last = waiting.to_le_bytes();
    out.extend(last.iter().take(filled.div_ceil(8) as usize));
}

/// Packed numbers, any of which can be read without the others.
#[derive(Debug, Clone, Copy)]
pub struct Packed<'a> {
    bytes: &'a [u8],
    bits: u32,
    rows: usize,
}

impl<'a> Packed<'a> {
    /// Numbers in bytes; none when these are too few, or `bits` more than 64.
    pub fn new(bytes: &'a [u8], bits: u32, rows: usize) -> Option<Self> {
        let fits = bits <= u64::BITS && packed_len(rows, bits)? <= bytes.len();
        fits.then_some(Self { bytes, bits, rows })
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// One of them; none behind the last one.
    pub fn get(&self, row: usize) -> Option<u64> {
        (row < self.rows).then(|| self.read(row))
    }

    fn read(&self, row: usize) -> u64 {
        let at = row * self.bits as usize;
        let (first, shift) = (at / 8, at % 8);
        let mask = u64::MAX.checked_shr(u64::BITS - self.bits).unwrap_or(0);
        if self.bits <= 56
            && let Some(word) = self.bytes.get(first..).and_then(|rest| rest.first_chunk::<8>())
        {
            return (u64::from_le_bytes(*word) >> shift) & mask;
        }
        let mut word = [0; 16];
        let rest = self.bytes.get(first..).unwrap_or_default();
        word.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        (u128::from_le_bytes(word) >> shift) as u64 & mask
    }

    /// Some of them, as far as they exist.
    pub fn iter_range(self, rows: Range<usize>) -> impl Iterator<Item = u64> {
        (rows.start..rows.end.min(self.rows)).map(move |row| self.read(row))
    }

    /// All of them.
    pub fn iter(self) -> impl Iterator<Item = u64> {
        self.iter_range(0..self.rows)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_packed_comes_back(bits in 0_u32..=64, seed in any::<u64>(), rows in 0_usize..200) {
            let mask = u64::MAX.checked_shr(64 - bits).unwrap_or(0);
            let numbers: Vec<u64> =
                (0..rows as u64).map(|n| seed.wrapping_mul(n * 2 + 1).rotate_left(n as u32) & mask).collect();
            let mut bytes = Vec::new();
            pack(numbers.iter().copied(), bits, &mut bytes);
            prop_assert_eq!(Some(bytes.len()), packed_len(rows, bits));
            let packed = Packed::new(&bytes, bits, rows).unwrap();
            prop_assert_eq!(packed.iter().collect::<Vec<_>>(), numbers.clone());
            prop_assert_eq!(packed.get(rows), None);
            prop_assert!(bytes.is_empty() || Packed::new(&bytes[1..], bits, rows).is_none());
        }
    }
}
