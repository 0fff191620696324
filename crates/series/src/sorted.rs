//! Ascending numbers in two bits more than their mean distance needs, each within reach (Elias
//! and Fano): the low bits of all one after the other; the high bits as a row of ones, one a
//! number, with a zero wherever the high part grows by one.

use skytrail_columns::Result;
use skytrail_columns::bits::{Packed, pack, packed_len};
use skytrail_columns::read::Reader;
use skytrail_columns::write::put_varint;

use crate::bits::{BitWriter, select, word_at};

/// In place of the number of low bits: the numbers are 0, 1, 2…
const COUNTED: u8 = 0xff;

/// Appends numbers, which MUST be ascending; equal ones may follow each other.
pub(crate) fn write(out: &mut Vec<u8>, values: &[u64]) {
    let Some(last) = values.last().copied() else { return };
    put_varint(last, out);
    if (0_u64..).zip(values).all(|(place, value)| place == *value) {
        out.push(COUNTED);
        return;
    }
    let low = (last / values.len() as u64).checked_ilog2().unwrap_or(0);
    out.push(low as u8);
    let mask = (1_u64 << low) - 1;
    pack(values.iter().map(|value| value & mask), low, out);
    let mut highs = BitWriter::default();
    let mut high = 0;
    for value in values {
        let mut zeros = (value >> low).saturating_sub(high);
        while zeros >= 64 {
            highs.put(0, 64);
            zeros -= 64;
        }
        highs.put(1 << zeros, zeros as u32 + 1);
        high = value >> low;
    }
    out.extend_from_slice(&highs.finish());
}

/// Numbers as they were written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sorted<'a> {
    len: usize,
    low: u8,
    lows: Packed<'a>,
    highs: &'a [u8],
}

impl<'a> Sorted<'a> {
    /// Finds `len` numbers in what is to be read.
    pub(crate) fn read(from: &mut Reader<'a>, len: usize) -> Result<Self> {
        let none = Packed::new(&[], 0, len).ok_or_else(|| from.wrong("too many numbers"))?;
        let counted = Self { len, low: COUNTED, lows: none, highs: &[] };
        if len == 0 {
            return Ok(counted);
        }
        let last = from.varint()?;
        let low = from.u8()?;
        if low == COUNTED && last == len as u64 - 1 {
            return Ok(counted);
        }
        if low >= 64 {
            return Err(from.wrong("low bits of more than 63 bits"));
        }
        let too_long = || from.wrong("a last number beyond what is there");
        let bytes = packed_len(len, u32::from(low)).ok_or_else(too_long)?;
        let bits = usize::try_from(last >> low).ok().and_then(|high| high.checked_add(len));
        let bits = bits.ok_or_else(too_long)?;
        let lows = Packed::new(from.bytes(bytes)?, u32::from(low), len);
        let lows = lows.ok_or_else(|| from.wrong("too few low bits"))?;
        let highs = from.bytes(bits.div_ceil(8))?;
        Ok(Self { len, low, lows, highs })
    }

    /// The number at a place.
    pub(crate) fn get(&self, place: usize) -> Option<u64> {
        if place >= self.len {
            return None;
        }
        if self.low == COUNTED {
            return Some(place as u64);
        }
        let high = select(self.highs, place, true)?.checked_sub(place)?;
        Some((high as u64) << self.low | self.lows.get(place)?)
    }

    /// All of them.
    pub(crate) fn all(&self) -> Option<Vec<u64>> {
        if self.low == COUNTED {
            return Some((0..self.len as u64).collect());
        }
        let mut values = Vec::with_capacity(self.len);
        let mut lows = self.lows.iter();
        for place in (0..self.highs.len()).step_by(8) {
            let mut word = word_at(self.highs, place);
            while word != 0 && values.len() < self.len {
                let bit = place * 8 + word.trailing_zeros() as usize;
                // Before it stand a one of each number before, and as many zeros as it is high.
                let high = (bit - values.len()) as u64;
                values.push(high << self.low | lows.next()?);
                word &= word - 1;
            }
        }
        (values.len() == self.len && values.is_sorted()).then_some(values)
    }

    /// The place of the first number that is not below `value`; the number of
    /// all where there is none.
    pub(crate) fn first_from(&self, value: u64) -> Option<usize> {
        if self.low == COUNTED {
            return Some(usize::try_from(value).map_or(self.len, |value| value.min(self.len)));
        }
        let high = usize::try_from(value >> self.low).ok()?;
        let mut place = match high.checked_sub(1) {
            None => 0,
            Some(rank) => match select(self.highs, rank, false) {
                Some(zero) => (zero - rank).min(self.len),
                None => self.len,
            },
        };
        while place < self.len && self.get(place)? < value {
            place += 1;
        }
        Some(place)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use skytrail_columns::read::Reader;

    use super::Sorted;

    fn written(values: &[u64]) -> Vec<u8> {
        let mut out = Vec::new();
        super::write(&mut out, values);
        out
    }

    proptest! {
        #[test]
        fn numbers_come_back(
            mut values in prop::collection::vec(0_u64..1 << 40, 0..200),
            shift in 0_u32..41,
            probe in any::<u64>(),
        ) {
            values.iter_mut().for_each(|value| *value >>= shift);
            values.sort_unstable();
            let bytes = written(&values);
            let mut reader = Reader::new("numbers", &bytes);
            let sorted = Sorted::read(&mut reader, values.len()).unwrap();
            prop_assert!(reader.is_empty());
            prop_assert_eq!(sorted.all(), Some(values.clone()));
            let each: Option<Vec<_>> = (0..values.len()).map(|place| sorted.get(place)).collect();
            prop_assert_eq!(each, Some(values.clone()));
            for probe in values.iter().flat_map(|value| [*value, value + 1]).chain([0, probe]) {
                let place = values.partition_point(|value| *value < probe);
                prop_assert_eq!(sorted.first_from(probe), Some(place));
            }
        }

        #[test]
        fn no_bytes_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..60),
            len in 0_usize..2_000,
            probe in any::<u64>(),
        ) {
            if let Ok(sorted) = Sorted::read(&mut Reader::new("numbers", &bytes), len) {
                let _ = (sorted.all(), sorted.get(len / 2), sorted.first_from(probe));
            }
        }
    }

    #[test]
    fn what_is_counted_through_costs_three_bytes() {
        let values: Vec<u64> = (0..1_000).collect();
        assert_eq!(written(&values).len(), 3);
    }
}
