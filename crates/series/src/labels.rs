//! The dictionary of labels of a part: sorted texts in pages. A code is the place of a text.

use std::collections::HashMap;

use skytrail_columns::read::Reader;
use skytrail_columns::write::{put_bytes, put_varint};
use skytrail_columns::{Error, Result};

use crate::container::{PartReader, PartWriter, Place};

const PAGE: [u8; 4] = *b"TXTP";
/// Texts of a full page.
const PAGE_TEXTS: u32 = 256;

/// The labels of a part, as its root knows them.
#[derive(Debug, Default)]
pub(crate) struct Labels {
    len: u32,
    pages: Vec<Place>,
}

/// Pages that were looked at, by number.
pub(crate) type OpenTexts = HashMap<u32, Vec<String>>;

impl Labels {
    /// Writes sorted texts; gives what the root holds of them.
    pub(crate) fn write<'t>(
        part: &mut PartWriter<'_>,
        texts: impl Iterator<Item = &'t str>,
    ) -> Result<Vec<u8>> {
        let (mut page, mut len, mut pages) = (Vec::new(), 0_u32, Vec::new());
        for text in texts {
            put_bytes(text.as_bytes(), &mut page);
            len = len.checked_add(1).ok_or_else(|| Error::limit("part: more than 2^32 labels"))?;
            if len.is_multiple_of(PAGE_TEXTS) {
                pages.push(part.put(PAGE, &[], &page)?);
                page.clear();
            }
        }
        if !len.is_multiple_of(PAGE_TEXTS) {
            pages.push(part.put(PAGE, &[], &page)?);
        }
        let mut root = Vec::new();
        put_varint(u64::from(len), &mut root);
        pages.iter().for_each(|place| place.write(&mut root));
        Ok(root)
    }

    /// Reads what the root holds.
    pub(crate) fn read(root: &mut Reader<'_>) -> Result<Self> {
        let len = root.count(u64::from(u32::MAX))? as u32;
        let count = len.div_ceil(PAGE_TEXTS) as usize;
        if count > root.rest().len() {
            return Err(root.wrong("more pages of texts than are there"));
        }
        let pages = (0..count).map(|_| Place::read(root)).collect::<Result<_>>()?;
        Ok(Self { len, pages })
    }

    /// How many.
    pub(crate) fn len(&self) -> u32 {
        self.len
    }

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        self.pages.capacity() * size_of::<Place>()
    }

    fn page(&self, part: &PartReader, number: u32) -> Result<Vec<String>> {
        let missing = || Error::corrupt("code of a label: beyond the last label");
        let place = self.pages.get(number as usize).ok_or_else(missing)?;
        let bytes = part.open_frame(PAGE, *place)?.stream()?;
        let mut reader = Reader::new("page of texts", &bytes);
        let expected = (self.len - number * PAGE_TEXTS).min(PAGE_TEXTS);
        let mut texts = Vec::with_capacity(expected as usize);
        for _ in 0..expected {
            let text = std::str::from_utf8(reader.sized()?);
            texts.push(text.map_err(|_| reader.wrong("a text that is not utf-8"))?.to_owned());
        }
        if reader.is_empty() { Ok(texts) } else { Err(reader.wrong("more texts than it says")) }
    }

    /// The text of a code.
    pub(crate) fn get<'o>(
        &self,
        part: &PartReader,
        code: u32,
        open: &'o mut OpenTexts,
    ) -> Result<&'o str> {
        let number = code / PAGE_TEXTS;
        let page = match open.entry(number) {
            std::collections::hash_map::Entry::Occupied(page) => page.into_mut(),
            std::collections::hash_map::Entry::Vacant(slot) => {
                slot.insert(self.page(part, number)?)
            }
        };
        let text = page.get((code % PAGE_TEXTS) as usize);
        text.map(String::as_str)
            .ok_or_else(|| Error::corrupt("code of a label: beyond the last label"))
    }

    /// All of them, by code.
    pub(crate) fn all(&self, part: &PartReader) -> Result<Vec<String>> {
        let mut texts = Vec::new();
        for number in 0..self.pages.len() as u32 {
            texts.extend(self.page(part, number)?);
        }
        Ok(texts)
    }

    /// Bytes of the pages, each of which is read and checked.
    pub(crate) fn check(&self, part: &PartReader) -> Result<u64> {
        if !self.all(part)?.is_sorted() {
            return Err(Error::corrupt("page of texts: out of order"));
        }
        Ok(self.pages.iter().map(|place| u64::from(place.len)).sum())
    }
}
