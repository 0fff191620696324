//! A column of sparse histograms that is read row by row. A row is one run of bits: its first
//! bucket, then the distance to each next one and the counts, in Rice codes; where a run ends
//! says how many entries it has.

use skytrail_columns::Result;
use skytrail_columns::bits::bits_of;
use skytrail_columns::read::Reader;
use skytrail_columns::write::put_varint;
use skytrail_model::metric::HistogramColumn;

use crate::bits::{BitReader, BitWriter, Rice};
use crate::sorted::{self, Sorted};

/// Entries of a row that the starting means are taken from.
const OPENING: usize = 8;

/// Counts that are coded as their difference to what the two before let expect: small numbers
/// for what is near, on either side, and a number itself where there is no other side.
#[derive(Debug, Clone, Copy)]
struct Expected {
    last: Option<(u64, u64)>,
}

impl Expected {
    fn next(self, gap: u64) -> u64 {
        let Some((last, before)) = self.last else { return 1 };
        let mean = last / 2 + before / 2 + (last & before & 1);
        (mean / (gap + 1)).clamp(1, 1 << 62)
    }

    fn saw(&mut self, count: u64) {
        self.last = Some((count, self.last.map_or(count, |(last, _)| last)));
    }
}

fn fold(value: u64, expected: u64) -> u64 {
    if value > 2 * expected {
        value
    } else if value > expected {
        2 * (value - expected) - 1
    } else {
        2 * (expected - value)
    }
}

fn unfold(folded: u64, expected: u64) -> u64 {
    if folded > 2 * expected {
        folded
    } else if folded % 2 == 1 {
        expected + folded.div_ceil(2)
    } else {
        expected - folded / 2
    }
}

/// What all rows of a column share.
#[derive(Debug, Clone, Copy)]
struct Frame {
    /// The least first bucket, and the bits of how far above it the others are.
    base: u64,
    width: u32,
    /// Means that the codes of distances and counts start with, in 1/32.
    gap: u32,
    count: u32,
}

/// Buckets and counts of a row.
#[derive(Debug, Clone, Copy)]
struct Row<'a> {
    buckets: &'a [u16],
    counts: &'a [u64],
}

fn rows(column: &HistogramColumn) -> impl Iterator<Item = Row<'_>> + Clone {
    let mut start = 0;
    column.ends.iter().map(move |end| {
        let range = start..*end as usize;
        start = range.end;
        let buckets = column.buckets.get(range.clone()).unwrap_or_default();
        Row { buckets, counts: column.counts.get(range).unwrap_or_default() }
    })
}

/// Distances less one, and folded counts, of a row.
fn entries(row: Row<'_>) -> impl Iterator<Item = (u64, u64)> + '_ {
    let mut expected = Expected { last: None };
    let mut before = None;
    row.buckets.iter().zip(row.counts).map(move |(bucket, count)| {
        let bucket = u64::from(*bucket);
        let gap = before.map_or(0, |before: u64| bucket.saturating_sub(before + 1));
        before = Some(bucket);
        let folded = fold(*count, expected.next(gap));
        expected.saw(*count);
        (gap, folded)
    })
}

fn is_all_ones(row: Row<'_>) -> bool {
    row.counts.iter().all(|count| *count == 1)
}

impl Frame {
    fn of(column: &HistogramColumn) -> Self {
        let rows = rows(column);
        let firsts = rows.clone().filter_map(|row| row.buckets.first().copied()).map(u64::from);
        let base = firsts.clone().min().unwrap_or(0);
        let width = bits_of(firsts.max().unwrap_or(base) - base);
        let mean = |(sum, len): (u64, u64)| (sum * 32 / len.max(1)) as u32;
        let add = |(sum, len): (u64, u64), value: u64| (sum + value.min(1 << 20), len + 1);
        let gaps = rows.clone().flat_map(|row| entries(row).take(OPENING).skip(1));
        let gap = gaps.fold((0, 0), |sums, (gap, _)| add(sums, gap));
        let counted = rows.filter(|row| !is_all_ones(*row));
        let counts = counted.flat_map(|row| entries(row).take(OPENING));
        let count = counts.fold((0, 0), |sums, (_, count)| add(sums, count));
        Self { base, width, gap: mean(gap), count: mean(count) }
    }

    fn put(&self, bits: &mut BitWriter, row: Row<'_>) {
        let Some(first) = row.buckets.first() else { return };
        let (mut gaps, mut counts) = (Rice::new(self.gap), Rice::new(self.count));
        let has_counts = !is_all_ones(row);
        bits.put(u64::from(has_counts), 1);
        bits.put(u64::from(*first) - self.base, self.width);
        for (place, (gap, count)) in entries(row).enumerate() {
            if place > 0 {
                gaps.put(bits, gap);
            }
            if has_counts {
                counts.put(bits, count);
            }
        }
    }

    /// Gives the entries of a row; how many.
    fn take(&self, bits: &mut BitReader<'_>, mut give: impl FnMut(u16, u64)) -> Option<usize> {
        let mut entries = 0;
        if bits.is_empty() {
            return Some(entries);
        }
        let (mut gaps, mut counts) = (Rice::new(self.gap), Rice::new(self.count));
        let has_counts = bits.take(1)? == 1;
        let mut bucket = self.base.checked_add(bits.take(self.width)?)?;
        let mut expected = Expected { last: None };
        let mut gap = 0;
        loop {
            let count = match has_counts {
                true => unfold(counts.take(bits)?, expected.next(gap)),
                false => 1,
            };
            expected.saw(count);
            give(u16::try_from(bucket).ok()?, count);
            entries += 1;
            if bits.is_empty() {
                return Some(entries);
            }
            gap = gaps.take(bits)?;
            bucket = bucket.checked_add(gap)?.checked_add(1)?;
            gap = gap.min(u64::from(u16::MAX));
        }
    }
}

/// Appends a column; the buckets of each row MUST be ascending and distinct.
pub(crate) fn write(out: &mut Vec<u8>, column: &HistogramColumn) {
    let frame = Frame::of(column);
    put_varint(frame.base, out);
    out.push(frame.width as u8);
    put_varint(u64::from(frame.gap), out);
    put_varint(u64::from(frame.count), out);
    let mut bits = BitWriter::default();
    let mut ends = Vec::with_capacity(column.ends.len());
    for row in rows(column) {
        frame.put(&mut bits, row);
        ends.push(bits.len());
    }
    sorted::write(out, &ends);
    out.extend_from_slice(&bits.finish());
}

/// Histograms as they were written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Histograms<'a> {
    frame: Frame,
    ends: Sorted<'a>,
    bits: &'a [u8],
}

impl<'a> Histograms<'a> {
    /// Finds a column of `len` rows in what is to be read.
    pub(crate) fn read(from: &mut Reader<'a>, len: usize) -> Result<Self> {
        let base = from.varint()?;
        let width = u32::from(from.u8()?);
        let gap = from.count(u64::from(u32::MAX))? as u32;
        let count = from.count(u64::from(u32::MAX))? as u32;
        let ends = Sorted::read(from, len)?;
        let end = len.checked_sub(1).map_or(Some(0), |last| ends.get(last));
        let end = end.ok_or_else(|| from.wrong("no end of histograms"))?;
        let bytes = usize::try_from(end.div_ceil(8));
        let bits = from.bytes(bytes.map_err(|_| from.wrong("an end beyond what is there"))?)?;
        Ok(Self { frame: Frame { base, width, gap, count }, ends, bits })
    }

    /// Gives the entries of a row, buckets ascending; how many.
    pub(crate) fn row(&self, row: usize, give: impl FnMut(u16, u64)) -> Option<usize> {
        let start = row.checked_sub(1).map_or(Some(0), |before| self.ends.get(before))?;
        let end = self.ends.get(row)?;
        self.frame.take(&mut BitReader::new(self.bits, start, end)?, give)
    }

    /// Where the rows end, in bits, to read many with [`Self::between`].
    pub(crate) fn ends(&self) -> Option<Vec<u64>> {
        self.ends.all()
    }

    /// Gives the entries of a row, of those that end so.
    pub(crate) fn between(
        &self,
        ends: &[u64],
        row: usize,
        give: impl FnMut(u16, u64),
    ) -> Option<usize> {
        let start = row.checked_sub(1).map_or(Some(0), |before| ends.get(before).copied())?;
        let end = ends.get(row).copied()?;
        self.frame.take(&mut BitReader::new(self.bits, start, end)?, give)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use skytrail_columns::read::Reader;
    use skytrail_model::metric::HistogramColumn;

    use super::{Histograms, fold, unfold};

    fn written(rows: &[Vec<(u16, u64)>]) -> Vec<u8> {
        let (mut out, mut column) = (Vec::new(), HistogramColumn::default());
        rows.iter().for_each(|row| column.push(row.iter().copied()));
        super::write(&mut out, &column);
        out
    }

    proptest! {
        #[test]
        fn histograms_come_back(
            rows in prop::collection::vec(
                prop::collection::btree_map(any::<u16>(), (any::<u64>(), 0_u32..70), 0..40),
                0..30,
            ),
            shift in 0_u32..16,
        ) {
            let row = |row: &BTreeMap<u16, (u64, u32)>| {
                let narrow = row.iter().map(|(bucket, (count, bits))| {
                    (bucket >> shift, count.checked_shr(*bits).unwrap_or(1))
                });
                narrow.collect::<BTreeMap<_, _>>().into_iter().collect::<Vec<_>>()
            };
            let rows: Vec<Vec<_>> = rows.iter().map(row).collect();
            let bytes = written(&rows);
            let mut reader = Reader::new("histograms", &bytes);
            let column = Histograms::read(&mut reader, rows.len()).unwrap();
            prop_assert!(reader.is_empty());
            let ends = column.ends().unwrap();
            for (place, row) in rows.iter().enumerate() {
                let (mut single, mut streamed) = (Vec::new(), Vec::new());
                let give = |bucket, count| single.push((bucket, count));
                prop_assert_eq!(column.row(place, give), Some(row.len()));
                column.between(&ends, place, |bucket, count| streamed.push((bucket, count))).unwrap();
                prop_assert_eq!(&single, row);
                prop_assert_eq!(&streamed, row);
            }
        }

        #[test]
        fn counts_fold_and_unfold(value in any::<u64>(), expected in any::<u64>(), shift in 2_u32..64) {
            for expected in [expected >> shift, value >> 2, 1] {
                let expected = expected.clamp(1, 1 << 62);
                prop_assert_eq!(unfold(fold(value, expected), expected), value);
            }
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80), len in 0_usize..50) {
            if let Ok(column) = Histograms::read(&mut Reader::new("histograms", &bytes), len) {
                for row in 0..len {
                    let _ = column.row(row, |_, _| ());
                }
                let _ = column.between(&[99, 3], len % 3, |_, _| ());
            }
        }
    }
}
