//! Runs of bits, from the lowest of the first byte on, and Rice codes whose parameter follows the
//! numbers.

/// More zeros than a Rice code begins with: what follows is the number itself, in 64 bits.
const ESCAPE: u32 = 24;

/// Appends bits.
#[derive(Debug, Default)]
pub(crate) struct BitWriter {
    bytes: Vec<u8>,
    held: u64,
    used: u32,
}

impl BitWriter {
    /// The low `width` bits of a value, 0 to 64 of them; the others MUST be 0.
    pub(crate) fn put(&mut self, value: u64, width: u32) {
        let room = 64 - self.used;
        self.held |= value.checked_shl(self.used).unwrap_or(0);
        if width < room {
            self.used += width;
            return;
        }
        self.bytes.extend_from_slice(&self.held.to_le_bytes());
        self.held = value.checked_shr(room).unwrap_or(0);
        self.used = width - room;
    }

    /// Bits so far.
    pub(crate) fn len(&self) -> u64 {
        self.bytes.len() as u64 * 8 + u64::from(self.used)
    }

    /// The bytes; the last one is filled up with zeros.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let rest = self.held.to_le_bytes();
        self.bytes.extend(rest.iter().take(self.used.div_ceil(8) as usize));
        self.bytes
    }
}

/// Eight bytes from a place on; 0 where there are none.
pub(crate) fn word_at(bytes: &[u8], place: usize) -> u64 {
    let rest = bytes.get(place..).unwrap_or_default();
    if let Some(word) = rest.first_chunk::<8>() {
        return u64::from_le_bytes(*word);
    }
    rest.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
}

fn below(width: u32) -> u64 {
    1_u64.checked_shl(width).map_or(u64::MAX, |bit| bit - 1)
}

/// The `width` bits, 0 to 64, from bit `at` on; none where they are not all there.
pub(crate) fn bits_at(bytes: &[u8], at: u64, width: u32) -> Option<u64> {
    let end = at.checked_add(u64::from(width))?;
    if width > 64 || end > bytes.len() as u64 * 8 {
        return None;
    }
    let (place, shift) = ((at / 8) as usize, (at % 8) as u32);
    let mut value = word_at(bytes, place) >> shift;
    if shift + width > 64 {
        let last = bytes.get(place + 8).copied()?;
        value |= u64::from(last) << (64 - shift);
    }
    Some(value & below(width))
}

/// The place of the one, or the zero, of a rank; none where there are not so many.
pub(crate) fn select(bytes: &[u8], rank: usize, is_one: bool) -> Option<usize> {
    let mut left = rank;
    let mut place = 0;
    while place < bytes.len() {
        let word = word_at(bytes, place);
        let mut word = if is_one { word } else { !word };
        let here = word.count_ones() as usize;
        if left < here {
            (0..left).for_each(|_| word &= word - 1);
            let found = place * 8 + word.trailing_zeros() as usize;
            return (found < bytes.len() * 8).then_some(found);
        }
        left -= here;
        place += 8;
    }
    None
}

/// Reads bits from a place to another.
#[derive(Debug)]
pub(crate) struct BitReader<'a> {
    bytes: &'a [u8],
    at: u64,
    end: u64,
}

impl<'a> BitReader<'a> {
    /// The bits from `at` up to `end`; none if they are not all there.
    pub(crate) fn new(bytes: &'a [u8], at: u64, end: u64) -> Option<Self> {
        (at <= end && end <= bytes.len() as u64 * 8).then_some(Self { bytes, at, end })
    }

    /// Whether all were read.
    pub(crate) fn is_empty(&self) -> bool {
        self.at == self.end
    }

    /// The next bits.
    pub(crate) fn take(&mut self, width: u32) -> Option<u64> {
        let value = bits_at(self.bytes, self.at, width)?;
        self.skip(width)?;
        Some(value)
    }

    fn skip(&mut self, width: u32) -> Option<()> {
        self.at += u64::from(width);
        (self.at <= self.end).then_some(())
    }

    /// At least the next 57 bits; zeros behind the last byte.
    fn peek(&self) -> u64 {
        word_at(self.bytes, (self.at / 8) as usize) >> (self.at % 8)
    }
}

/// A Rice code whose parameter follows the mean of the numbers before: `value >> k` zeros, a
/// one, the low `k` bits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rice {
    /// The mean so far, in 1/32.
    mean: u32,
}

/// Numbers above count as this one in the mean.
const HIGHEST: u64 = 1 << 20;

impl Rice {
    /// Starts with a mean, in 1/32.
    pub(crate) fn new(mean: u32) -> Self {
        Self { mean: mean.min((HIGHEST as u32) << 5) }
    }

    /// The power of two that is next to the mean by ratio, or the one above.
    fn parameter(self) -> u32 {
        ((self.mean + (self.mean >> 1)) >> 6).checked_ilog2().map_or(0, |bits| bits + 1)
    }

    fn follow(&mut self, value: u64) {
        let value = (value.min(HIGHEST) as u32) << 5;
        self.mean = self.mean - (self.mean >> 3) + (value >> 3);
    }

    /// Appends a number.
    pub(crate) fn put(&mut self, bits: &mut BitWriter, value: u64) {
        let k = self.parameter();
        match value >> k {
            zeros if zeros < u64::from(ESCAPE) => {
                // The parameter is 21 at most.
                let ones = zeros as u32 + 1;
                bits.put((value & below(k)) << ones | 1 << zeros, ones + k);
            }
            _ => {
                bits.put(0, ESCAPE);
                bits.put(value, 64);
            }
        }
        self.follow(value);
    }

    /// Reads a number.
    pub(crate) fn take(&mut self, bits: &mut BitReader<'_>) -> Option<u64> {
        let k = self.parameter();
        let word = bits.peek();
        let zeros = word.trailing_zeros();
        let value = if zeros >= ESCAPE {
            bits.skip(ESCAPE)?;
            bits.take(64)?
        } else {
            bits.skip(zeros + 1)?;
            let low = if zeros + 1 + k <= 57 {
                let low = word.checked_shr(zeros + 1)? & below(k);
                bits.skip(k)?;
                low
            } else {
                bits.take(k)?
            };
            u64::from(zeros) << k | low
        };
        self.follow(value);
        Some(value)
    }
}

/// A set of codes.
#[derive(Debug, Default)]
pub(crate) struct BitSet {
    words: Vec<u64>,
    has_all: bool,
}

impl BitSet {
    /// With every code.
    pub(crate) fn all() -> Self {
        Self { words: Vec::new(), has_all: true }
    }

    /// Whether no code is in it.
    pub(crate) fn is_empty(&self) -> bool {
        !self.has_all && self.words.is_empty()
    }

    pub(crate) fn insert(&mut self, code: u32) {
        let place = (code / 64) as usize;
        if self.words.len() <= place {
            self.words.resize(place + 1, 0);
        }
        if let Some(word) = self.words.get_mut(place) {
            *word |= 1 << (code % 64);
        }
    }

    pub(crate) fn contains(&self, code: u32) -> bool {
        let word = self.words.get((code / 64) as usize).copied().unwrap_or(0);
        self.has_all || word >> (code % 64) & 1 == 1
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{BitReader, BitWriter, Rice, bits_at, select};

    proptest! {
        #[test]
        fn runs_of_any_width_come_back(
            values in prop::collection::vec((any::<u64>(), 0_u32..=64), 0..100),
        ) {
            let cut = |(value, width): &(u64, u32)| value.checked_shr(64 - width).unwrap_or(0);
            let mut bits = BitWriter::default();
            values.iter().for_each(|pair| bits.put(cut(pair), pair.1));
            let bytes = bits.finish();
            let mut at = 0;
            for pair in &values {
                prop_assert_eq!(bits_at(&bytes, at, pair.1), Some(cut(pair)));
                at += u64::from(pair.1);
            }
            prop_assert_eq!(bits_at(&bytes, bytes.len() as u64 * 8, 1), None);
        }

        #[test]
        fn rice_codes_come_back(
            mean in any::<u32>(),
            values in prop::collection::vec((any::<u64>(), 0_u32..64), 0..100),
        ) {
            let values: Vec<_> = values.iter().map(|(value, shift)| value >> shift).collect();
            let (mut bits, mut rice) = (BitWriter::default(), Rice::new(mean));
            values.iter().for_each(|value| rice.put(&mut bits, *value));
            let end = bits.len();
            let bytes = bits.finish();
            let mut reader = BitReader::new(&bytes, 0, end).unwrap();
            let mut rice = Rice::new(mean);
            for value in &values {
                prop_assert_eq!(rice.take(&mut reader), Some(*value));
            }
            prop_assert!(reader.is_empty());
            prop_assert_eq!(rice.take(&mut reader), None);
        }

        #[test]
        fn the_bit_of_a_rank_is_found(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            for wanted in [0, 1] {
                let is_bit = |at: &usize| bits_at(&bytes, *at as u64, 1) == Some(wanted);
                let places: Vec<_> = (0..bytes.len() * 8).filter(is_bit).collect();
                let found: Vec<_> =
                    (0..places.len()).filter_map(|rank| select(&bytes, rank, wanted == 1)).collect();
                prop_assert_eq!(&found, &places);
                prop_assert_eq!(select(&bytes, places.len(), wanted == 1), None);
            }
        }
    }
}
