//! Columns of text.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::ints::Ints;

/// A column of texts that grows: texts one behind the other, and where each ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextBuf {
    ends: Vec<u32>,
    bytes: Vec<u8>,
}

impl TextBuf {
    /// Adds one.
    pub fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.ends.push(self.bytes.len() as u32);
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// One of them; none behind the last one.
    pub fn get(&self, row: usize) -> Option<&[u8]> {
        let end = *self.ends.get(row)? as usize;
        let start = row.checked_sub(1).and_then(|row| self.ends.get(row)).copied().unwrap_or(0);
        self.bytes.get(start as usize..end)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.len()).map_while(|row| self.get(row))
    }

    /// Whether it begins with the texts of another one.
    pub fn starts_with(&self, other: &Self) -> bool {
        self.ends.starts_with(&other.ends) && self.bytes.starts_with(&other.bytes)
    }

    /// Forgets all, and keeps the room.
    pub fn clear(&mut self) {
        self.ends.clear();
        self.bytes.clear();
    }

    /// Bytes of all texts together.
    pub fn text_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Bytes of memory.
    pub fn memory(&self) -> usize {
        self.ends.capacity() * size_of::<u32>() + self.bytes.capacity()
    }
}

impl<'a> FromIterator<&'a [u8]> for TextBuf {
    fn from_iter<I: IntoIterator<Item = &'a [u8]>>(texts: I) -> Self {
        let mut buf = Self::default();
        texts.into_iter().for_each(|text| buf.push(text));
        buf
    }
}

/// A column of texts that is read.
#[derive(Debug, Clone, Default)]
pub struct Texts<'a> {
    ends: Vec<u32>,
    bytes: &'a [u8],
}

impl<'a> Texts<'a> {
    /// From lengths and all texts one behind the other.
    pub(crate) fn new(lengths: &Ints<'_>, bytes: &'a [u8]) -> Result<Self> {
        let wrong = || Error::corrupt("texts: lengths that do not make up the bytes");
        let mut ends = Vec::with_capacity(lengths.len());
        let mut end = 0_u32;
        for length in lengths.iter() {
            let length = u32::try_from(length).map_err(|_| wrong())?;
            end = end.checked_add(length).ok_or_else(wrong)?;
            ends.push(end);
        }
        if end as usize == bytes.len() { Ok(Self { ends, bytes }) } else { Err(wrong()) }
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// One of them; none behind the last one.
    pub fn get(&self, row: usize) -> Option<&'a [u8]> {
        let end = *self.ends.get(row)? as usize;
        let start = row.checked_sub(1).and_then(|row| self.ends.get(row)).copied().unwrap_or(0);
        self.bytes.get(start as usize..end)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &'a [u8]> {
        (0..self.len()).map_while(|row| self.get(row))
    }

    /// Some of them as a copy that owns its bytes, in no more room than they need; none where some are missing.
    pub fn some_to_buf(&self, rows: Range<usize>) -> Option<TextBuf> {
        let ends = self.ends.get(rows.clone())?;
        let before = rows.start.checked_sub(1).and_then(|row| self.ends.get(row));
        let start = before.copied().unwrap_or(0);
        let end = ends.last().copied().unwrap_or(start);
        let bytes = self.bytes.get(start as usize..end as usize)?.to_vec();
        Some(TextBuf { ends: ends.iter().map(|end| end - start).collect(), bytes })
    }

    /// A copy that owns its bytes.
    pub fn to_buf(&self) -> TextBuf {
        TextBuf { ends: self.ends.clone(), bytes: self.bytes.to_vec() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_texts_are_copied_without_room_for_more() {
        let texts = Texts { ends: vec![1, 3, 3, 6], bytes: b"abbccc" };
        for (from, to) in [(0, 0), (0, 4), (1, 3), (2, 3), (3, 4), (4, 4)] {
            let some = texts.some_to_buf(from..to).unwrap();
            assert!(some.iter().eq(texts.iter().skip(from).take(to - from)));
            assert_eq!(some.memory(), some.text_bytes() + 4 * (to - from));
        }
        assert_eq!((texts.some_to_buf(3..5), texts.some_to_buf(5..5)), (None, None));
    }
}
