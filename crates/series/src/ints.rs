//! A column of whole numbers that is read row by row: how far each is above the least, in as
//! many bits as most of them need, and the higher bits of those that need more.
//!
//! A number that means "nothing seen" has a code of its own, so that it does not stretch the
//! range; a column may stand as its difference to another one.

use std::ops::Range;

use skytrail_columns::Result;
use skytrail_columns::bits::{Packed, bits_of, pack, packed_len};
use skytrail_columns::read::Reader;
use skytrail_columns::write::{put_signed, put_varint};

const RELATIVE: u8 = 1;
const HAS_NOTHING: u8 = 2;
/// Rows that are looked at to compare encodings.
const SAMPLE: usize = 64;

/// How numbers stand.
#[derive(Debug, Clone, Copy)]
struct Plan {
    base: i64,
    /// Code 0 is this number; the others are one more than they were.
    nothing: Option<i64>,
    width: u32,
    /// Bits of the widest code.
    top: u32,
    /// Codes that need more bits than `width`.
    exceptions: usize,
    bits: usize,
}

impl Plan {
    fn of(values: impl Iterator<Item = i64> + Clone, nothing: Option<i64>) -> Self {
        let len = values.clone().count();
        let some = values.clone().filter(|value| Some(*value) != nothing);
        let base = some.clone().min().or(nothing).unwrap_or(0);
        let span = some.clone().max().unwrap_or(base).wrapping_sub(base) as u64;
        let is_mixed = || some.clone().count() != len;
        let nothing = nothing.filter(|_| span < u64::MAX && base != i64::MIN && is_mixed());
        // A lone "nothing" is a constant like any other.
        let nothing = nothing.filter(|nothing| base != *nothing);
        let mut plan = Self { base, nothing, width: 0, top: 0, exceptions: 0, bits: 0 };
        let mut widths = [0_usize; 65];
        for value in values {
            if let Some(count) = widths.get_mut(bits_of(plan.code(value)) as usize) {
                *count += 1;
            }
        }
        plan.top = widths.iter().rposition(|count| *count > 0).unwrap_or(0) as u32;
        let position = bits_of(len.saturating_sub(1) as u64);
        let (mut above, mut best) = (0, usize::MAX);
        for width in (0..=plan.top).rev() {
            let high = (plan.top - width + position) as usize;
            let bits = width as usize * len + above * high + usize::from(above > 0) * 8;
            if bits < best {
                (best, plan.width, plan.exceptions) = (bits, width, above);
            }
            above += widths.get(width as usize).copied().unwrap_or(0);
        }
        plan.bits = best;
        plan
    }

    fn code(&self, value: i64) -> u64 {
        match self.nothing {
            Some(nothing) if value == nothing => 0,
            Some(_) => (value.wrapping_sub(self.base) as u64).wrapping_add(1),
            None => value.wrapping_sub(self.base) as u64,
        }
    }
}

/// Appends a column. `nothing` is its number for "nothing seen"; `others` are columns of as many
/// rows that it may stand relative to, each with its number.
pub(crate) fn write(
    out: &mut Vec<u8>,
    values: &[i64],
    nothing: Option<i64>,
    others: &[(u32, &[i64])],
) -> bool {
    let plan = Plan::of(values.iter().copied(), nothing);
    let relative = closest(values, plan, others).map(|(number, other)| {
        let apart = |(value, other): (&i64, &i64)| value.wrapping_sub(*other);
        (number, values.iter().zip(other).map(apart).collect::<Vec<_>>())
    });
    match &relative {
        Some((number, apart)) => {
            let plan = Plan::of(apart.iter().copied(), None);
            out.push(RELATIVE);
            put_varint(u64::from(*number), out);
            write_plan(out, apart, plan);
        }
        None => {
            out.push(if plan.nothing.is_some() { HAS_NOTHING } else { 0 });
            write_plan(out, values, plan);
        }
    }
    relative.is_some()
}

/// The column that the difference to takes clearly fewer bits.
fn closest<'a>(
    values: &[i64],
    alone: Plan,
    others: &[(u32, &'a [i64])],
) -> Option<(u32, &'a [i64])> {
    let step = values.len().div_ceil(SAMPLE).max(1);
    let scale = |bits: usize| bits * step;
    let costs = others.iter().map(|(number, other)| {
        let pairs = values.iter().zip(*other).step_by(step);
        let apart = pairs.map(|(value, other)| value.wrapping_sub(*other));
        (scale(Plan::of(apart, None).bits), *number, *other)
    });
    let (bits, number, other) = costs.min_by_key(|(bits, number, _)| (*bits, *number))?;
    (bits + values.len() / 4 < alone.bits).then_some((number, other))
}

fn write_plan(out: &mut Vec<u8>, values: &[i64], plan: Plan) {
    put_signed(plan.base, out);
    out.push(plan.width as u8);
    put_varint(plan.exceptions as u64, out);
    let codes = || values.iter().map(|value| plan.code(*value));
    let high = |code: u64| code.checked_shr(plan.width).unwrap_or(0);
    if plan.exceptions > 0 {
        let position = bits_of(values.len().saturating_sub(1) as u64);
        let exceptions = || (0_u64..).zip(codes()).filter(|(_, code)| high(*code) > 0);
        out.push((plan.top - plan.width) as u8);
        pack(exceptions().map(|(place, _)| place), position, out);
        pack(exceptions().map(|(_, code)| high(code)), plan.top - plan.width, out);
    }
    let low = |code: u64| if plan.width == 64 { code } else { code & ((1 << plan.width) - 1) };
    pack(codes().map(low), plan.width, out);
}

/// Numbers as they were written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ints<'a> {
    /// The number of the column that they stand relative to.
    pub(crate) relative: Option<u32>,
    has_nothing: bool,
    base: i64,
    width: u32,
    places: Packed<'a>,
    highs: Packed<'a>,
    lows: Packed<'a>,
}

fn packed<'a>(from: &mut Reader<'a>, len: usize, width: u32) -> Result<Packed<'a>> {
    let bytes = packed_len(len, width).ok_or_else(|| from.wrong("too many numbers"))?;
    let packed = Packed::new(from.bytes(bytes)?, width, len);
    packed.ok_or_else(|| from.wrong("numbers of more than 64 bits"))
}

impl<'a> Ints<'a> {
    /// Finds a column of `len` rows in what is to be read.
    pub(crate) fn read(from: &mut Reader<'a>, len: usize) -> Result<Self> {
        let flags = from.u8()?;
        if flags > HAS_NOTHING {
            return Err(from.wrong("an unknown encoding of numbers"));
        }
        let relative = match flags {
            RELATIVE => Some(from.count(u64::from(u32::MAX))? as u32),
            _ => None,
        };
        let base = from.signed()?;
        let width = u32::from(from.u8()?);
        let exceptions = from.count(len as u64)?;
        let position = bits_of(len.saturating_sub(1) as u64);
        let high = match exceptions {
            0 => 0,
            _ => u32::from(from.u8()?),
        };
        if width + high > 64 {
            return Err(from.wrong("numbers of more than 64 bits"));
        }
        let places = packed(from, exceptions, position)?;
        let highs = packed(from, exceptions, high)?;
        let lows = packed(from, len, width)?;
        let has_nothing = flags == HAS_NOTHING;
        Ok(Self { relative, has_nothing, base, width, places, highs, lows })
    }

    /// The first exception at or behind a row.
    fn exception_from(&self, row: usize) -> usize {
        let (mut low, mut high) = (0, self.places.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.places.get(middle).is_some_and(|place| place < row as u64) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        low
    }

    fn value(&self, code: u64, nothing: i64) -> i64 {
        match (self.has_nothing, code) {
            (true, 0) => nothing,
            (true, code) => self.base.wrapping_add(code.wrapping_sub(1) as i64),
            (false, code) => self.base.wrapping_add(code as i64),
        }
    }

    /// The numbers of some rows, as far as they are there; `nothing` is what stands for "nothing
    /// seen".
    pub(crate) fn rows(&self, rows: Range<usize>, nothing: i64) -> Vec<i64> {
        let lows = || self.lows.iter_range(rows.clone());
        let mut values: Vec<i64> = match self.has_nothing {
            true => lows().map(|code| self.value(code, nothing)).collect(),
            false => lows().map(|code| self.base.wrapping_add(code as i64)).collect(),
        };
        let exceptions = self.exception_from(rows.start)..self.places.len();
        let places = self.places.iter_range(exceptions.clone());
        for (place, high) in places.zip(self.highs.iter_range(exceptions)) {
            let place = place as usize;
            if place >= rows.end {
                break;
            }
            let value = place.checked_sub(rows.start).and_then(|row| values.get_mut(row));
            if let Some((value, low)) = value.zip(self.lows.get(place)) {
                *value = self.value(high.checked_shl(self.width).unwrap_or(0) | low, nothing);
            }
        }
        values
    }

    /// The numbers of some rows, ascending, as far as they are there.
    pub(crate) fn pick(&self, rows: &[usize], nothing: i64) -> Vec<i64> {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Vec::new() };
        let span = *first..last.saturating_add(1).max(*first);
        if span.len() > rows.len().saturating_mul(8) {
            let single = |row: &usize| self.rows(*row..row.saturating_add(1), nothing);
            return rows.iter().flat_map(single).collect();
        }
        let mut values = self.rows(span.clone(), nothing);
        if span.len() != rows.len() {
            let value = |row: &usize| values.get(row - first).copied();
            values = rows.iter().filter_map(value).collect();
        }
        values
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use skytrail_columns::read::Reader;

    use super::Ints;

    fn check(values: &[i64], nothing: Option<i64>, others: &[(u32, &[i64])]) -> usize {
        let mut out = Vec::new();
        let is_relative = super::write(&mut out, values, nothing, others);
        let bytes = out;
        let mut reader = Reader::new("numbers", &bytes);
        let ints = Ints::read(&mut reader, values.len()).unwrap();
        assert!(reader.is_empty());
        assert_eq!(ints.relative.is_some(), is_relative);
        let other = ints.relative.map(|number| others.iter().find(|(at, _)| *at == number));
        let whole = |row: usize, value: i64| match other {
            Some(found) => value.wrapping_add(found.unwrap().1[row]),
            None => value,
        };
        for from in [0, values.len() / 3, values.len()] {
            let read = ints.rows(from..values.len(), nothing.unwrap_or(0));
            let few: Vec<_> = (from..values.len()).step_by(3).collect();
            let picked = few.iter().zip(ints.pick(&few, nothing.unwrap_or(0)));
            assert!(few.is_empty() || ints.pick(&few, 0).len() == few.len());
            assert!(picked.into_iter().all(|(row, value)| whole(*row, value) == values[*row]));
            let read: Vec<_> = (from..).zip(read).map(|(row, value)| whole(row, value)).collect();
            assert_eq!(read, values[from..]);
        }
        bytes.len()
    }

    proptest! {
        #[test]
        fn numbers_come_back(
            values in prop::collection::vec((any::<i64>(), 0_u32..64, 0_u32..8), 0..200),
            extremes in any::<bool>(),
        ) {
            let number = |(value, shift, kind): &(i64, u32, u32)| match kind {
                0 if extremes => i64::MAX,
                1 if extremes => i64::MIN,
                2 => 0,
                _ => value >> shift,
            };
            let values: Vec<_> = values.iter().map(number).collect();
            let other: Vec<_> = values.iter().map(|value| value.wrapping_add(value & 3)).collect();
            check(&values, None, &[]);
            check(&values, Some(i64::MAX), &[]);
            check(&values, Some(i64::MIN), &[]);
            check(&values, None, &[(7, &other)]);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..60), len in 0_usize..300) {
            if let Ok(ints) = Ints::read(&mut Reader::new("numbers", &bytes), len) {
                let _ = (ints.rows(0..len, 0), ints.rows(len / 2..len, 0), ints.rows(0..len + 1, 0));
            }
        }
    }

    #[test]
    fn constants_and_what_repeats_another_column_cost_next_to_nothing() {
        let calls: Vec<i64> = (0..1_024).map(|row| row * 7919 % 1_000).collect();
        let good: Vec<i64> = calls.iter().map(|calls| calls - i64::from(calls % 97 == 0)).collect();
        assert!(check(&[5; 1_024], None, &[]) <= 4);
        assert!(check(&[i64::MIN; 1_024], Some(i64::MIN), &[]) <= 13);
        assert!(check(&good, None, &[(0, &calls)]) < 150);
        assert!(check(&calls, None, &[]) > 1_200);
    }

    #[test]
    fn a_few_large_ones_do_not_widen_the_rest() {
        let mut values = vec![3_i64; 1_000];
        values.extend([1 << 50, i64::MAX]);
        assert!(check(&values, None, &[]) < 40);
    }
}
