//! Which appends the rows of a part came with.

use std::collections::BTreeSet;

use skytrail_columns::Result;
use skytrail_columns::read::Reader;
use skytrail_columns::write::put_varint;
use skytrail_storage::Origin;

/// The distinct origins of a part, sorted. The code of one is its place and 1; 0 is none.
#[derive(Debug, Default)]
pub(crate) struct Origins {
    all: Vec<Origin>,
}

impl Origins {
    pub(crate) fn of(origins: impl Iterator<Item = Option<Origin>>) -> Self {
        let distinct: BTreeSet<_> = origins.flatten().collect();
        Self { all: distinct.into_iter().collect() }
    }

    /// Whether no row has one, so that rows have no codes either.
    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(crate) fn code(&self, origin: Option<Origin>) -> i64 {
        let place = origin.and_then(|origin| self.all.binary_search(&origin).ok());
        place.map_or(0, |place| place as i64 + 1)
    }

    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        put_varint(self.all.len() as u64, out);
        let mut before = Origin { shard: 0, sequence: 0 };
        for origin in &self.all {
            let is_same = origin.shard == before.shard;
            put_varint(u64::from(origin.shard - before.shard), out);
            let base = if is_same { before.sequence } else { 0 };
            put_varint(origin.sequence - base, out);
            before = *origin;
        }
    }

    pub(crate) fn read(from: &mut Reader<'_>) -> Result<Self> {
        let count = from.count(from.rest().len() as u64 / 2)?;
        let mut all = Vec::with_capacity(count);
        let mut before = Origin { shard: 0, sequence: 0 };
        for _ in 0..count {
            let apart = from.count(u64::from(u16::MAX - before.shard))? as u16;
            let base = if apart == 0 { before.sequence } else { 0 };
            let sequence = from.varint()?.checked_add(base);
            let sequence = sequence.ok_or_else(|| from.wrong("an origin beyond 64 bits"))?;
            before = Origin { shard: before.shard + apart, sequence };
            all.push(before);
        }
        Ok(Self { all })
    }

    /// Which codes are seen; none when all are. Rows without an origin always are.
    pub(crate) fn seen(&self, sees: &dyn Fn(Origin) -> bool) -> Option<Vec<bool>> {
        let seen: Vec<_> =
            std::iter::once(true).chain(self.all.iter().map(|origin| sees(*origin))).collect();
        seen.contains(&false).then_some(seen)
    }

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        self.all.capacity() * size_of::<Origin>()
    }
}
