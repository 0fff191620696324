//! What the directory says of a column of numbers.

use super::{CONSTANT, DELTA, Ints, Kept, LOCAL, PACKED, PLANES, RISING, UNITS, number};
use crate::bits::{Packed, bits_of, packed_len};
use crate::error::Result;
use crate::read::Reader;

/// A column of numbers in a directory.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    rows: usize,
    mode: u8,
    unit: u64,
    /// Constant value, base, or first number.
    first: i64,
    /// Least difference.
    base: i64,
    /// Bits, or bytes, of a row.
    width: u32,
    /// Distinct numbers; where they rise, the upper bits of the last one.
    values: usize,
}

impl Entry {
    /// Reads what stands behind the byte of the mode.
    pub(crate) fn read(mode: u8, rows: usize, reader: &mut Reader<'_>) -> Result<Self> {
        let unit = UNITS.get(usize::from(mode >> 3 & 3)).copied().unwrap_or(1);
        let mode = mode & 7;
        let first = reader.signed()?;
        let mut entry = Self { rows, mode, unit, first, base: 0, width: 0, values: 0 };
        match mode {
            CONSTANT => return Ok(entry),
            PACKED | PLANES | RISING => {}
            DELTA => entry.base = reader.signed()?,
            LOCAL => entry.values = reader.count(rows as u64)?,
            _ => return Err(reader.wrong("an unknown mode of numbers")),
        }
        entry.width = u32::from(reader.u8()?);
        let most = match mode {
            PLANES => 8,
            RISING => 63,
            _ => 64,
        };
        let is_whole = mode == PACKED || mode == PLANES || rows > 0;
        if entry.width > most || !is_whole || (mode == LOCAL && entry.values == 0) {
            return Err(reader.wrong("numbers that cannot be"));
        }
        if mode == RISING {
            entry.values = reader.count(u64::from(u32::MAX))?;
        }
        Ok(entry)
    }

    fn code_bits(&self) -> u32 {
        bits_of((self.values as u64).saturating_sub(1))
    }

    /// Bytes of the plain part; none when they cannot be counted.
    pub(crate) fn plain_len(&self) -> Option<usize> {
        match self.mode {
            PACKED => packed_len(self.rows, self.width),
            DELTA => packed_len(self.rows.checked_sub(1)?, self.width),
            LOCAL => {
                let list = packed_len(self.values.checked_sub(1)?, self.width)?;
                list.checked_add(packed_len(self.rows, self.code_bits())?)
            }
            RISING => {
                let ones = self.rows.checked_add(self.values)?.div_ceil(8);
                packed_len(self.rows, self.width)?.checked_add(ones)
            }
            _ => Some(0),
        }
    }

    /// Bytes of the stream; none when they cannot be counted.
    pub(crate) fn stream_len(&self) -> Option<usize> {
        if self.mode == PLANES { self.rows.checked_mul(self.width as usize) } else { Some(0) }
    }

    /// The column; none when the bytes are too few.
    pub(crate) fn open<'a>(&self, plain: &'a [u8], stream: &'a [u8]) -> Option<Ints<'a>> {
        let kept = match self.mode {
            PACKED => {
                let packed = Packed::new(plain, self.width, self.rows)?;
                Kept::Packed { packed, base: self.first, unit: self.unit }
            }
            DELTA => {
                Kept::Plain(self.sums(Packed::new(plain, self.width, self.rows.checked_sub(1)?)?))
            }
            LOCAL => self.local(plain)?,
            PLANES => Kept::Plain(self.planes(stream)),
            RISING => Kept::Plain(self.rising(plain)?),
            _ => Kept::Constant(self.first),
        };
        Some(Ints { rows: self.rows, kept })
    }

    fn sums(&self, deltas: Packed<'_>) -> Vec<i64> {
        let mut last = self.first;
        let mut numbers = Vec::with_capacity(self.rows);
        numbers.push(last);
        for delta in deltas.iter() {
            last = number(last.wrapping_add(self.base), self.unit, delta);
            numbers.push(last);
        }
        numbers
    }

    fn local<'a>(&self, plain: &'a [u8]) -> Option<Kept<'a>> {
        let gaps = self.values.checked_sub(1)?;
        let (list, codes) = plain.split_at_checked(packed_len(gaps, self.width)?)?;
        let mut last = self.first;
        let mut values = Vec::with_capacity(self.values);
        values.push(last);
        for gap in Packed::new(list, self.width, gaps)?.iter() {
            last = number(last, self.unit, gap.wrapping_add(1));
            values.push(last);
        }
        let codes = Packed::new(codes, self.code_bits(), self.rows)?;
        Some(Kept::Local { codes, values })
    }

    fn rising(&self, plain: &[u8]) -> Option<Vec<i64>> {
        let (low, ones) = plain.split_at_checked(packed_len(self.rows, self.width)?)?;
        let ones = ones.get(..self.rows.checked_add(self.values)?.div_ceil(8))?;
        let mut low = Packed::new(low, self.width, self.rows)?.iter();
        let mut numbers = Vec::with_capacity(self.rows);
        for (at, bytes) in (0..).step_by(64).zip(ones.chunks(8)) {
            let mut word = [0; 8];
            word.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            let mut word = u64::from_le_bytes(word);
            while word != 0 {
                // Before it stand its zeros, and a one of each row before.
                let place: u64 = at + u64::from(word.trailing_zeros());
                let upper = place - numbers.len() as u64;
                let count = upper << self.width | low.next()?;
                numbers.push(number(self.first, self.unit, count));
                word &= word - 1;
            }
        }
        (numbers.len() == self.rows).then_some(numbers)
    }

    fn planes(&self, stream: &[u8]) -> Vec<i64> {
        let mut counts = vec![0_u64; self.rows];
        let planes = stream.chunks_exact(self.rows.max(1)).take(self.width as usize);
        for (plane, bytes) in planes.enumerate() {
            for (count, byte) in counts.iter_mut().zip(bytes) {
                *count |= u64::from(*byte) << (8 * plane);
            }
        }
        counts.into_iter().map(|count| number(self.first, self.unit, count)).collect()
    }
}
