//! A column of whole numbers, kept in the way that its numbers need fewest bytes in.
//!
//! Numbers are signed, 64 bits, and wrap around: differences of any two are exact. What stands in the directory of a
//! group is a byte (mode in bits 0 to 2, unit in bits 3 and 4), then what the mode needs (varints; those that may be
//! negative as zigzag):
//!
//! | mode | fields | bits | number `n` |
//! |---|---|---|---|
//! | 0 constant | value | none | value |
//! | 1 packed | base, width | plain: `rows` of width bits | base + unit × bits |
//! | 2 delta | first, base, width | plain: `rows - 1` of width bits | the one before + base + unit × bits |
//! | 3 local | first, values, width | plain: `values - 1` of width bits, from the next byte on `rows` codes | values\[code\], which ascend: the one before + unit × (1 + bits) |
//! | 4 planes | base, bytes | stream: the lowest byte of all rows, then the next one | base + unit × bytes |
//! | 7 rising | base, width, steps | plain: `rows` of width bits, from the next byte on, for each row, as many zeros as its upper bits are above those of the row before, and a one: `rows + steps` bits | base + unit × (upper bits, then bits) |
//!
//! Units 0 to 3 are 1, 1,000, 1,000,000 and 1,000,000,000. Codes have as many bits as the greatest one needs.

mod encode;
mod entry;
#[cfg(test)]
mod tests;

pub(crate) use encode::{Choice, encode, planes_of};
pub(crate) use entry::Entry;

use crate::bits::Packed;

/// What is counted in, by its number.
const UNITS: [u64; 4] = [1, 1_000, 1_000_000, 1_000_000_000];

const CONSTANT: u8 = 0;
const PACKED: u8 = 1;
const DELTA: u8 = 2;
const LOCAL: u8 = 3;
const PLANES: u8 = 4;
/// What is between stands for columns that are no numbers.
const RISING: u8 = 7;

/// A column that is read. Numbers of a column that is packed are read one by one; others are there already.
#[derive(Debug, Clone)]
pub struct Ints<'a> {
    rows: usize,
    kept: Kept<'a>,
}

#[derive(Debug, Clone)]
enum Kept<'a> {
    Constant(i64),
    Packed { packed: Packed<'a>, base: i64, unit: u64 },
    Local { codes: Packed<'a>, values: Vec<i64> },
    Plain(Vec<i64>),
}

fn number(base: i64, unit: u64, count: u64) -> i64 {
    base.wrapping_add(count.wrapping_mul(unit).cast_signed())
}

impl Ints<'_> {
    /// A column of equal numbers.
    pub fn constant(value: i64, rows: usize) -> Self {
        Self { rows, kept: Kept::Constant(value) }
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
    pub fn get(&self, row: usize) -> Option<i64> {
        match &self.kept {
            Kept::Constant(value) => (row < self.rows).then_some(*value),
            Kept::Packed { packed, base, unit } => Some(number(*base, *unit, packed.get(row)?)),
            Kept::Local { codes, values } => values.get(codes.get(row)? as usize).copied(),
            Kept::Plain(numbers) => numbers.get(row).copied(),
        }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = i64> {
        (0..self.rows).map_while(|row| self.get(row))
    }

    /// The rows with a number, ascending.
    pub fn rows_with(&self, wanted: i64) -> Vec<usize> {
        let with = |packed: &Packed<'_>, code: u64| {
            let rows = packed.iter().enumerate().filter(|(_, of)| *of == code);
            rows.map(|(row, _)| row).collect()
        };
        match &self.kept {
            Kept::Constant(value) if *value == wanted => (0..self.rows).collect(),
            Kept::Constant(_) => Vec::new(),
            Kept::Packed { packed, base, unit } => {
                let far = wanted.wrapping_sub(*base).cast_unsigned();
                if far.is_multiple_of(*unit) { with(packed, far / unit) } else { Vec::new() }
            }
            _ => self
                .iter()
                .enumerate()
                .filter(|(_, of)| *of == wanted)
                .map(|(row, _)| row)
                .collect(),
        }
    }

    /// All of them, in place of what `into` held.
    pub fn decode(&self, into: &mut Vec<i64>) {
        into.clear();
        match &self.kept {
            Kept::Constant(value) => into.resize(self.rows, *value),
            Kept::Packed { packed, base, unit } => {
                into.extend(packed.iter().map(|count| number(*base, *unit, count)));
            }
            Kept::Local { codes, values } => {
                let value = |code| values.get(code as usize).copied().unwrap_or_default();
                into.extend(codes.iter().map(value));
            }
            Kept::Plain(numbers) => into.extend_from_slice(numbers),
        }
    }

    /// The single number of all rows, if the column is kept as one.
    pub fn as_constant(&self) -> Option<i64> {
        match self.kept {
            Kept::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// The distinct numbers ascending and the place of each row's among them, if the column is kept so.
    pub fn as_local(&self) -> Option<(&[i64], Packed<'_>)> {
        match &self.kept {
            Kept::Local { codes, values } => Some((values, *codes)),
            _ => None,
        }
    }
}
