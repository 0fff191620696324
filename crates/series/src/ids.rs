//! The dictionary of ids of a part: sorted, 16 bytes each, in pages. A code is the place of an id.

use bytes::Bytes;
use skytrail_columns::read::Reader;
use skytrail_columns::write::put_varint;
use skytrail_columns::{Error, Result};
use skytrail_model::entity::EntityId;

use crate::container::{PartReader, PartWriter, Place};

const PAGE: [u8; 4] = *b"IDSP";
/// Ids of a full page.
const PAGE_IDS: u32 = 1_024;
const ID: usize = size_of::<u128>();

/// Takes the ids of a part in ascending order.
#[derive(Debug)]
pub(crate) struct IdsWriter {
    page: Vec<u8>,
    first: u128,
    len: u32,
    pages: Vec<(u128, Place)>,
}

impl IdsWriter {
    pub(crate) fn new() -> Self {
        Self { page: Vec::new(), first: 0, len: 0, pages: Vec::new() }
    }

    /// Takes an id above all before; gives its code.
    pub(crate) fn push(&mut self, part: &mut PartWriter<'_>, id: EntityId) -> Result<u32> {
        if self.page.is_empty() {
            self.first = id.0;
        }
        self.page.extend_from_slice(&id.0.to_le_bytes());
        let code = self.len;
        self.len = code
            .checked_add(1)
            .filter(|len| *len < u32::MAX)
            .ok_or_else(|| Error::limit("part: more than 2^32 ids"))?;
        if self.len.is_multiple_of(PAGE_IDS) {
            self.flush(part)?;
        }
        Ok(code)
    }

    fn flush(&mut self, part: &mut PartWriter<'_>) -> Result<()> {
        if !self.page.is_empty() {
            self.pages.push((self.first, part.put(PAGE, &self.page, &[])?));
            self.page.clear();
        }
        Ok(())
    }

    /// Writes what is left; gives what the root holds of the dictionary.
    pub(crate) fn finish(mut self, part: &mut PartWriter<'_>) -> Result<Vec<u8>> {
        self.flush(part)?;
        let mut root = Vec::new();
        put_varint(u64::from(self.len), &mut root);
        for (first, place) in &self.pages {
            root.extend_from_slice(&first.to_le_bytes());
            place.write(&mut root);
        }
        Ok(root)
    }
}

/// The ids of a part, as its root knows them.
#[derive(Debug)]
pub(crate) struct Ids {
    len: u32,
    pages: Vec<(u128, Place)>,
}

/// The page that was looked at last.
#[derive(Debug, Default)]
pub(crate) struct OpenPage {
    number: usize,
    ids: Bytes,
}

impl OpenPage {
    fn get(&self, place: usize) -> Option<u128> {
        let id = self.ids.get(place * ID..)?.first_chunk::<ID>()?;
        Some(u128::from_le_bytes(*id))
    }
}

impl Ids {
    /// Reads what the root holds.
    pub(crate) fn read(root: &mut Reader<'_>) -> Result<Self> {
        let len = root.count(u64::from(u32::MAX - 1))? as u32;
        let count = len.div_ceil(PAGE_IDS) as usize;
        if count > root.rest().len() / ID {
            return Err(root.wrong("more pages of ids than are there"));
        }
        let mut pages: Vec<(u128, Place)> = Vec::with_capacity(count);
        for _ in 0..count {
            let first = root.u128()?;
            if pages.last().is_some_and(|(before, _)| *before >= first) {
                return Err(root.wrong("pages of ids out of order"));
            }
            pages.push((first, Place::read(root)?));
        }
        Ok(Self { len, pages })
    }

    /// How many.
    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        self.pages.capacity() * size_of::<(u128, Place)>()
    }

    fn turn(&self, part: &PartReader, number: usize, open: &mut OpenPage) -> Result<()> {
        if open.number == number && !open.ids.is_empty() {
            return Ok(());
        }
        let missing = || Error::corrupt("code of an id: beyond the last id");
        let (_, place) = self.pages.get(number).ok_or_else(missing)?;
        let ids = part.open_frame(PAGE, *place)?.plain;
        let before = number as u64 * u64::from(PAGE_IDS);
        let expected = (u64::from(self.len) - before).min(u64::from(PAGE_IDS));
        if ids.len() as u64 != expected * ID as u64 {
            return Err(Error::corrupt("page of ids: not as many as it says"));
        }
        *open = OpenPage { number, ids };
        Ok(())
    }

    /// The id of a code.
    pub(crate) fn get(
        &self,
        part: &PartReader,
        code: u32,
        open: &mut OpenPage,
    ) -> Result<EntityId> {
        self.turn(part, (code / PAGE_IDS) as usize, open)?;
        let id = open.get((code % PAGE_IDS) as usize);
        id.map(EntityId).ok_or_else(|| Error::corrupt("code of an id: beyond the last id"))
    }

    /// The code of an id; none if the part lacks it.
    pub(crate) fn find(
        &self,
        part: &PartReader,
        id: EntityId,
        open: &mut OpenPage,
    ) -> Result<Option<u32>> {
        let behind = self.pages.partition_point(|(first, _)| *first <= id.0);
        let Some(number) = behind.checked_sub(1) else { return Ok(None) };
        self.turn(part, number, open)?;
        let (mut low, mut high) = (0, open.ids.len() / ID);
        while low < high {
            let middle = low + (high - low) / 2;
            match open.get(middle).is_some_and(|found| found < id.0) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        let code = number as u32 * PAGE_IDS + low as u32;
        Ok((open.get(low) == Some(id.0)).then_some(code))
    }

    /// Bytes of the pages, each of which is read and checked.
    pub(crate) fn check(&self, part: &PartReader) -> Result<u64> {
        let (mut bytes, mut open, mut last) = (0, OpenPage::default(), None);
        for (number, (first, place)) in self.pages.iter().enumerate() {
            self.turn(part, number, &mut open)?;
            bytes += u64::from(place.len);
            let mut ids = (0..open.ids.len() / ID).filter_map(|place| open.get(place));
            let is_first = open.get(0) == Some(*first);
            if !is_first || !ids.all(|id| last.replace(id).is_none_or(|before| before < id)) {
                return Err(Error::corrupt("page of ids: out of order"));
            }
        }
        Ok(bytes)
    }
}

/// Where the ids of several parts are in the union of all.
#[derive(Debug)]
pub(crate) struct Union {
    /// Per part, the new code of each old one, ascending. That of an id which was left out is the
    /// one of the next id that was not.
    pub(crate) codes: Vec<Vec<u32>>,
}

/// Which ids of a part are to be kept.
pub(crate) type Kept<'a> = &'a dyn Fn(u32) -> bool;

impl Union {
    /// Writes the union of the ids of parts, without those that none keeps.
    pub(crate) fn write(
        out: &mut PartWriter<'_>,
        parts: &[(&PartReader, &Ids, Kept<'_>)],
    ) -> Result<(Self, Vec<u8>)> {
        let mut writer = IdsWriter::new();
        let mut codes: Vec<Vec<u32>> = parts.iter().map(|_| Vec::new()).collect();
        let mut open: Vec<OpenPage> = parts.iter().map(|_| OpenPage::default()).collect();
        let mut heads: Vec<Option<EntityId>> = Vec::new();
        for ((part, ids, _), open) in parts.iter().zip(&mut open) {
            heads.push(head(part, ids, 0, open)?);
        }
        while let Some(least) = heads.iter().flatten().min().copied() {
            let mut is_kept = false;
            let next = writer.len;
            let sources = parts.iter().zip(&mut heads).zip(codes.iter_mut().zip(&mut open));
            for (((part, ids, keeps), slot), (codes, open)) in sources {
                if *slot == Some(least) {
                    is_kept |= keeps(codes.len() as u32);
                    codes.push(next);
                    *slot = head(part, ids, codes.len() as u32, open)?;
                }
            }
            if is_kept {
                writer.push(out, least)?;
            }
        }
        Ok((Self { codes }, writer.finish(out)?))
    }
}

fn head(part: &PartReader, ids: &Ids, code: u32, open: &mut OpenPage) -> Result<Option<EntityId>> {
    if code == ids.len() {
        return Ok(None);
    }
    ids.get(part, code, open).map(Some)
}
