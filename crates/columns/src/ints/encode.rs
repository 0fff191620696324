//! Chooses how a column is kept.

use super::{CONSTANT, DELTA, LOCAL, PACKED, PLANES, RISING, UNITS};
use crate::bits::{bits_of, pack};
use crate::write::{put_signed, put_varint};

/// The greatest distance of numbers of which the distinct ones are counted: so many bits a row, and in all.
const LOCAL_PER_ROW: u64 = 32;
const MOST_LOCAL: u64 = 1 << 16;

/// What is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Each row can be read alone.
    Random,
    /// The same, without a look at how many numbers are distinct.
    Packed,
    /// The fewest bits.
    Smallest,
    /// The stream.
    Planes,
}

/// How the numbers lie.
struct Shape {
    base: i64,
    unit: u8,
    /// Greatest distance from the base, in units.
    reach: u64,
}

/// Whether all are multiples of a unit. A division by a constant is ten times as fast as one by a variable.
fn are_multiples<const UNIT: u64>(distances: &[u64]) -> bool {
    distances.iter().all(|distance| distance.is_multiple_of(UNIT))
}

fn divide<const UNIT: u64>(distances: &mut [u64]) {
    distances.iter_mut().for_each(|distance| *distance /= UNIT);
}

impl Shape {
    /// With the distance of each number from the base, in units.
    fn of(numbers: impl Iterator<Item = i64> + Clone) -> (Self, Vec<u64>) {
        let bounds = numbers.clone().fold((i64::MAX, i64::MIN), |(least, most), number| {
            (least.min(number), most.max(number))
        });
        let (base, reach) = (bounds.0, bounds.1.wrapping_sub(bounds.0).cast_unsigned());
        let distances = numbers.map(|number| number.wrapping_sub(base).cast_unsigned());
        let mut counts: Vec<u64> = distances.collect();
        // What is no multiple of a thousand is none of a million either.
        let mut unit = 0;
        if reach >= 1_000 && are_multiples::<1_000>(&counts) {
            divide::<1_000>(&mut counts);
            unit = 1;
            while unit < 3 && reach >= 1_000_u64.pow(unit + 1) && are_multiples::<1_000>(&counts) {
                divide::<1_000>(&mut counts);
                unit += 1;
            }
        }
        let reach = reach / UNITS.get(unit as usize).unwrap_or(&1);
        (Self { base, unit: unit as u8, reach }, counts)
    }

    fn mode(&self, mode: u8) -> u8 {
        mode | self.unit << 3
    }
}

/// The distinct numbers of a column, as bits.
struct Distinct {
    words: Vec<u64>,
    /// Distinct numbers below each word.
    below: Vec<u32>,
    count: u64,
}

impl Distinct {
    fn of(counts: impl Iterator<Item = u64>, reach: u64) -> Self {
        let mut words = vec![0_u64; reach as usize / 64 + 1];
        for count in counts {
            if let Some(word) = words.get_mut(count as usize / 64) {
                *word |= 1 << (count % 64);
            }
        }
        let mut count = 0;
        let below = words.iter().map(|word| {
            let below = count;
            count += word.count_ones();
            below
        });
        let below = below.collect();
        Self { words, below, count: u64::from(count) }
    }

    fn code(&self, count: u64) -> u64 {
        let place = count as usize / 64;
        let (Some(word), Some(below)) = (self.words.get(place), self.below.get(place)) else {
            return 0;
        };
        u64::from(*below) + u64::from((word & ((1 << (count % 64)) - 1)).count_ones())
    }

    /// Distance of each from the one before, less one.
    fn gaps(&self) -> Vec<u64> {
        let mut gaps = Vec::with_capacity(self.count as usize);
        let mut last = None;
        for (place, word) in self.words.iter().enumerate() {
            let mut word = *word;
            while word != 0 {
                let number = place as u64 * 64 + u64::from(word.trailing_zeros());
                if let Some(last) = last {
                    gaps.push(number - last - 1);
                }
                last = Some(number);
                word &= word - 1;
            }
        }
        gaps
    }
}

/// Writes a column: its fields to the directory, its bits to the plain part or to the stream.
pub(crate) fn encode(
    numbers: &[i64],
    choice: Choice,
    same_rows: u8,
    directory: &mut Vec<u8>,
    plain: &mut Vec<u8>,
    stream: &mut Vec<u8>,
) {
    let first = numbers.first().copied().unwrap_or(0);
    if numbers.iter().all(|number| *number == first) {
        directory.push(CONSTANT | same_rows);
        put_signed(first, directory);
        return;
    }
    let (shape, counts) = Shape::of(numbers.iter().copied());
    if choice == Choice::Planes {
        directory.push(shape.mode(PLANES) | same_rows);
        put_signed(shape.base, directory);
        directory.push(bits_of(shape.reach).div_ceil(8) as u8);
        planes(&shape, &counts, stream);
        return;
    }
    let width = bits_of(shape.reach);
    let packed = numbers.len() as u64 * u64::from(width);
    let mut into = Into { same_rows, directory, plain };
    if choice == Choice::Smallest
        && (rising(&shape, &counts, packed, &mut into) || delta(numbers, packed, &mut into))
    {
        return;
    }
    let most = MOST_LOCAL.min(counts.len() as u64 * LOCAL_PER_ROW);
    let may_be_local =
        choice != Choice::Packed && (2..most).contains(&shape.reach) && counts.len() > 16;
    if may_be_local && local(&shape, &counts, packed, &mut into) {
        return;
    }
    directory.push(shape.mode(PACKED) | same_rows);
    put_signed(shape.base, directory);
    directory.push(width as u8);
    pack(counts, width, plain);
}

/// Where a column is written to.
struct Into<'a> {
    same_rows: u8,
    directory: &'a mut Vec<u8>,
    plain: &'a mut Vec<u8>,
}

fn planes(shape: &Shape, counts: &[u64], stream: &mut Vec<u8>) {
    for plane in 0..bits_of(shape.reach).div_ceil(8) {
        stream.extend(counts.iter().map(|count| (count >> (8 * plane)) as u8));
    }
}

/// What the column is in the stream, and the bytes it takes packed. None for a column of equal numbers.
pub(crate) fn planes_of(numbers: &[i64]) -> Option<(Vec<u8>, usize)> {
    let first = numbers.first()?;
    let is_constant = numbers.iter().all(|number| number == first);
    (!is_constant).then(|| {
        let (mut stream, mut packed) = (Vec::new(), Vec::new());
        let (shape, counts) = Shape::of(numbers.iter().copied());
        planes(&shape, &counts, &mut stream);
        encode(numbers, Choice::Smallest, 0, &mut Vec::new(), &mut packed, &mut Vec::new());
        (stream, packed.len())
    })
}

/// As lower bits and steps of the upper ones, if none is below the one before and that takes a tenth less, and less
/// than differences.
fn rising(shape: &Shape, counts: &[u64], packed: u64, into: &mut Into<'_>) -> bool {
    let rows = counts.len() as u64;
    let gaps = counts.iter().zip(counts.iter().skip(1));
    let (mut least, mut most) = (u64::MAX, 0);
    for (before, count) in gaps {
        let Some(gap) = count.checked_sub(*before) else { return false };
        (least, most) = (least.min(gap), most.max(gap));
    }
    let width = bits_of(shape.reach / rows.max(1)).saturating_sub(1);
    let steps = shape.reach >> width;
    let bits = rows * u64::from(width) + rows + steps;
    let deltas = rows * u64::from(bits_of(most.saturating_sub(least)));
    if bits * 10 > packed * 9 || bits >= deltas {
        return false;
    }
    into.directory.push(shape.mode(RISING) | into.same_rows);
    put_signed(shape.base, into.directory);
    into.directory.push(width as u8);
    put_varint(steps, into.directory);
    pack(counts.iter().map(|count| count & ((1 << width) - 1)), width, into.plain);
    let start = into.plain.len();
    into.plain.resize(start + (rows + steps).div_ceil(8) as usize, 0);
    let ones = into.plain.get_mut(start..).unwrap_or_default();
    for (row, count) in (0..).zip(counts) {
        let place = row + (count >> width);
        if let Some(byte) = ones.get_mut(place as usize / 8) {
            *byte |= 1 << (place % 8);
        }
    }
    true
}

/// As differences, if that takes a tenth less.
fn delta(numbers: &[i64], packed: u64, into: &mut Into<'_>) -> bool {
    let pairs = numbers.iter().zip(numbers.iter().skip(1));
    let deltas = pairs.map(|(before, number)| number.wrapping_sub(*before));
    let (shape, counts) = Shape::of(deltas);
    let width = bits_of(shape.reach);
    if counts.is_empty() || counts.len() as u64 * u64::from(width) * 10 > packed * 9 {
        return false;
    }
    into.directory.push(shape.mode(DELTA) | into.same_rows);
    put_signed(numbers.first().copied().unwrap_or(0), into.directory);
    put_signed(shape.base, into.directory);
    into.directory.push(width as u8);
    pack(counts, width, into.plain);
    true
}

/// As places in a list of the distinct numbers, if that takes a tenth less.
fn local(shape: &Shape, counts: &[u64], packed: u64, into: &mut Into<'_>) -> bool {
    let distinct = Distinct::of(counts.iter().copied(), shape.reach);
    let codes = bits_of(distinct.count - 1);
    let rows = counts.len() as u64;
    if rows * u64::from(codes) * 10 > packed * 9 {
        return false;
    }
    let gaps = distinct.gaps();
    let width = bits_of(gaps.iter().copied().max().unwrap_or(0));
    let bits = rows * u64::from(codes) + gaps.len() as u64 * u64::from(width);
    if bits * 10 > packed * 9 {
        return false;
    }
    into.directory.push(shape.mode(LOCAL) | into.same_rows);
    put_signed(shape.base, into.directory);
    put_varint(distinct.count, into.directory);
    into.directory.push(width as u8);
    pack(gaps, width, into.plain);
    pack(counts.iter().map(|count| distinct.code(*count)), codes, into.plain);
    true
}
