//! One index of several.

use super::{Entry, HashKind, Page, PageWriter};
use crate::error::{Error, Result};
use crate::fetch::Fetch;
use crate::group::GroupWriter;
use crate::hashes::HashIndex;

/// Entries that are held at once, about: hashes are spread evenly.
const AT_ONCE: usize = 128 << 10;

/// An index that is merged, and what is added to its numbers.
pub type Source<'a> = (&'a HashIndex, &'a dyn Fetch, u32);

/// How an entry is one number: its hash stands above the bits of its number.
#[derive(Clone, Copy)]
struct Keys {
    number_bits: u32,
}

impl Keys {
    fn of(kind: HashKind) -> Self {
        Self { number_bits: (u64::BITS - kind.bits.clamp(1, 63)).min(u32::BITS) }
    }

    fn key(self, hash: u64, number: u64) -> Option<u64> {
        let fits = number >> self.number_bits == 0 && hash.leading_zeros() >= self.number_bits;
        fits.then_some(hash << self.number_bits | number)
    }

    fn entry(self, key: u64) -> Entry {
        let number = key & ((1 << self.number_bits) - 1);
        Entry { hash: key >> self.number_bits, number: number as u32 }
    }
}

/// An index that is read page by page.
struct Input<'a> {
    source: Source<'a>,
    keys: Keys,
    /// Lower bits of its hashes that do not count.
    dropped: u32,
    /// The page to be read next.
    next: usize,
    /// Those of the page that was read last, and how many of them were taken.
    page: Vec<u64>,
    taken: usize,
    columns: (Vec<i64>, Vec<i64>),
}

impl<'a> Input<'a> {
    fn new(source: Source<'a>, kind: HashKind) -> Self {
        let dropped = source.0.kind().bits.saturating_sub(kind.bits).min(u64::BITS - 1);
        Self {
            source,
            keys: Keys::of(kind),
            dropped,
            next: 0,
            page: Vec::new(),
            taken: 0,
            columns: Default::default(),
        }
    }

    /// Takes keys below a bound; none takes all.
    fn take(&mut self, bound: Option<u64>, into: &mut Vec<u64>) -> Result<()> {
        loop {
            let rest = self.page.get(self.taken..).unwrap_or_default();
            let due = bound.map_or(rest.len(), |bound| rest.partition_point(|key| *key < bound));
            into.extend_from_slice(rest.get(..due).unwrap_or_default());
            self.taken += due;
            if self.taken < self.page.len() || !self.turn()? {
                return Ok(());
            }
        }
    }

    fn turn(&mut self) -> Result<bool> {
        let (index, fetch, shift) = self.source;
        let (hashes, numbers) = &mut self.columns;
        if !index.read(self.next, fetch, (hashes, numbers))? {
            return Ok(false);
        }
        self.next += 1;
        self.taken = 0;
        self.page.clear();
        for (hash, number) in hashes.iter().zip(numbers.iter()) {
            let number = u64::try_from(*number).ok().and_then(|of| of.checked_add(shift.into()));
            let hash = hash.cast_unsigned() >> self.dropped;
            let key = number.and_then(|number| self.keys.key(hash, number));
            let wrong = || Error::corrupt("index of hashes: a number that cannot be");
            self.page.push(key.ok_or_else(wrong)?);
        }
        Ok(true)
    }
}

/// Gives the pages of one index of what is in several of the same kind, some at a time; to the numbers of each is added
/// what stands with it. What counts of each hash is told to `see`. The bits of a hash that count and those of a number
/// MUST be 64 at most. Sources may have more bits of a hash, and MUST NOT have fewer.
pub fn put_merged(
    kind: HashKind,
    sources: &[Source<'_>],
    writer: &mut GroupWriter,
    see: &mut dyn FnMut(u64),
    put: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<Vec<Page>> {
    let room: usize = sources.iter().map(|(index, ..)| index.room()).sum();
    let steps = (room / AT_ONCE) as u64 + 1;
    let keys = Keys::of(kind);
    let mut inputs: Vec<_> = sources.iter().map(|source| Input::new(*source, kind)).collect();
    let mut pages = PageWriter::new(kind, writer);
    let (mut some, mut out) = (Vec::new(), Vec::new());
    for step in 1..=steps {
        // No hash is above the greatest one.
        let bound = (step < steps).then(|| kind.kept(u64::MAX / steps * step));
        let bound = bound.and_then(|hash| keys.key(hash, 0));
        inputs.iter_mut().try_for_each(|input| input.take(bound, &mut some))?;
        // Runs that ascend already, which this sort makes use of.
        some.sort();
        some.dedup();
        for key in some.drain(..) {
            let entry = keys.entry(key);
            see(entry.hash);
            pages.push(entry, &mut out);
        }
        put(&out)?;
        out.clear();
    }
    let pages = pages.finish(&mut out);
    put(&out)?;
    Ok(pages)
}
