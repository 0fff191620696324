//! Chooses how a column is kept.

use super::{CONSTANT, DELTA, LOCAL, PACKED, PLANES, UNITS};
use crate::bits::{bits_of, pack};
use crate::write::{put_signed, put_varint};

/// The greatest distance of numbers of which the distinct ones are counted.
const MOST_LOCAL: u64 = 1 << 16;

/// What is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Each row can be read alone.
    Random,
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

impl Shape {
    fn of(numbers: impl Iterator<Item = i64> + Clone) -> Self {
        let bounds = numbers.clone().fold((i64::MAX, i64::MIN), |(least, most), number| {
            (least.min(number), most.max(number))
        });
        let (base, reach) = (bounds.0, bounds.1.wrapping_sub(bounds.0).cast_unsigned());
        let distances = numbers.map(|number| number.wrapping_sub(base).cast_unsigned());
        let divides =
            |unit: u64| reach >= unit && distances.clone().all(|far| far.is_multiple_of(unit));
        let unit = UNITS.iter().rposition(|unit| *unit == 1 || divides(*unit)).unwrap_or(0);
        let reach = reach / UNITS.get(unit).unwrap_or(&1);
        Self { base, unit: unit as u8, reach }
    }

    fn counts(&self, numbers: impl Iterator<Item = i64>) -> impl Iterator<Item = u64> {
        // A division by a constant is ten times as fast as one by a variable.
        let (base, unit) = (self.base, self.unit);
        numbers.map(move |number| {
            let far = number.wrapping_sub(base).cast_unsigned();
            match unit {
                0 => far,
                1 => far / 1_000,
                2 => far / 1_000_000,
                _ => far / 1_000_000_000,
            }
        })
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
    let shape = Shape::of(numbers.iter().copied());
    if numbers.is_empty() || shape.reach == 0 {
        directory.push(CONSTANT | same_rows);
        put_signed(numbers.first().copied().unwrap_or(0), directory);
        return;
    }
    if choice == Choice::Planes {
        directory.push(shape.mode(PLANES) | same_rows);
        put_signed(shape.base, directory);
        directory.push(bits_of(shape.reach).div_ceil(8) as u8);
        planes(&shape, numbers, stream);
        return;
    }
    let rows = numbers.len() as u64;
    let width = bits_of(shape.reach);
    let packed = rows * u64::from(width);
    if choice == Choice::Smallest && delta(numbers, packed, same_rows, directory, plain) {
        return;
    }
    if shape.reach < MOST_LOCAL
        && shape.reach > 1
        && rows > 16
        && local(&shape, numbers, packed, same_rows, directory, plain)
    {
        return;
    }
    directory.push(shape.mode(PACKED) | same_rows);
    put_signed(shape.base, directory);
    directory.push(width as u8);
    pack(shape.counts(numbers.iter().copied()), width, plain);
}

fn planes(shape: &Shape, numbers: &[i64], stream: &mut Vec<u8>) {
    for plane in 0..bits_of(shape.reach).div_ceil(8) {
        stream.extend(
            shape.counts(numbers.iter().copied()).map(|count| (count >> (8 * plane)) as u8),
        );
    }
}

/// What the column is in the stream, and the bytes it takes packed. None for a column of equal numbers.
pub(crate) fn planes_of(numbers: &[i64]) -> Option<(Vec<u8>, usize)> {
    let shape = Shape::of(numbers.iter().copied());
    let is_constant = numbers.is_empty() || shape.reach == 0;
    (!is_constant).then(|| {
        let (mut stream, mut packed) = (Vec::new(), Vec::new());
        planes(&shape, numbers, &mut stream);
        encode(numbers, Choice::Smallest, 0, &mut Vec::new(), &mut packed, &mut Vec::new());
        (stream, packed.len())
    })
}

/// As differences, if that takes a tenth less.
fn delta(
    numbers: &[i64],
    packed: u64,
    same_rows: u8,
    directory: &mut Vec<u8>,
    plain: &mut Vec<u8>,
) -> bool {
    let pairs = numbers.iter().zip(numbers.iter().skip(1));
    let deltas = pairs.map(|(before, number)| number.wrapping_sub(*before));
    let shape = Shape::of(deltas.clone());
    let width = bits_of(shape.reach);
    if numbers.len() < 2 || (numbers.len() as u64 - 1) * u64::from(width) * 10 > packed * 9 {
        return false;
    }
    directory.push(shape.mode(DELTA) | same_rows);
    put_signed(numbers.first().copied().unwrap_or(0), directory);
    put_signed(shape.base, directory);
    directory.push(width as u8);
    pack(shape.counts(deltas), width, plain);
    true
}

/// As places in a list of the distinct numbers, if that takes a tenth less.
fn local(
    shape: &Shape,
    numbers: &[i64],
    packed: u64,
    same_rows: u8,
    directory: &mut Vec<u8>,
    plain: &mut Vec<u8>,
) -> bool {
    let counts = shape.counts(numbers.iter().copied());
    let distinct = Distinct::of(counts, shape.reach);
    let codes = bits_of(distinct.count - 1);
    if numbers.len() as u64 * u64::from(codes) * 10 > packed * 9 {
        return false;
    }
    let gaps = distinct.gaps();
    let width = bits_of(gaps.iter().copied().max().unwrap_or(0));
    let bits = numbers.len() as u64 * u64::from(codes) + gaps.len() as u64 * u64::from(width);
    if bits * 10 > packed * 9 {
        return false;
    }
    directory.push(shape.mode(LOCAL) | same_rows);
    put_signed(shape.base, directory);
    put_varint(distinct.count, directory);
    directory.push(width as u8);
    pack(gaps, width, plain);
    pack(shape.counts(numbers.iter().copied()).map(|count| distinct.code(count)), codes, plain);
    true
}
