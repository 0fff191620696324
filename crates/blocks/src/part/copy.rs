//! One part of several, block by block, without a look into what the blocks hold.

use bytes::Bytes;
use skytrail_columns::filter::FilterWriter;
use skytrail_columns::hashes::put_merged;
use skytrail_columns::{Error, Result};

use super::directory::{BlockPlace, DictionaryPlace};
use super::open::Part;
use super::write::{PartFile, PartInfo};
use super::{TRACES, filter_key};
use crate::dictionary::{Chunk, decode};

/// Writes a part of the blocks of others, one part behind the other. Blocks and dictionaries keep their bytes, whose
/// checksums are looked at; a dictionary that the next one begins with is left out. The bytes go to `sink` in order,
/// and no more than a block, a few dictionaries and the directories are in memory.
pub fn copy_parts(
    parts: &[&Part],
    sink: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<PartInfo> {
    let mut file = PartFile::begin(sink)?;
    let mut dictionaries = Dictionaries::default();
    for part in parts {
        let numbers = dictionaries.add(part)?;
        file.directory.summaries.extend(part.summaries()?.iter().cloned());
        for (number, place) in (0..).zip(&part.directory.blocks) {
            let dictionary = numbers.get(place.dictionary as usize).copied();
            let dictionary =
                dictionary.ok_or_else(|| Error::corrupt("part: no such dictionary"))?;
            let bytes = part.block(number)?.whole()?;
            let bytes = file.put(&bytes)?;
            file.directory.blocks.push(BlockPlace { bytes, dictionary, ..place.clone() });
        }
    }
    dictionaries.write(&mut file)?;
    put_traces(parts, &mut file)?;
    let tags: Vec<_> = parts.iter().map(|part| part.tag_index()).collect();
    file.tags(&tags)?;
    file.finish()
}

fn put_traces(parts: &[&Part], file: &mut PartFile<'_>) -> Result<()> {
    let (mut inputs, mut next) = (Vec::with_capacity(parts.len()), 0_u32);
    let mut filter = FilterWriter::with_bytes(parts.iter().map(|part| part.filter_bytes).sum());
    for part in parts {
        inputs.push((&part.index, part.fetch.as_ref(), next));
        next = next.saturating_add(part.len());
    }
    let mut see = |hash| filter.add(filter_key(hash));
    let pages = file.pages(|group, put| put_merged(TRACES, &inputs, group, &mut see, put));
    let (pages, place) = pages?;
    (file.directory.pages, file.directory.index) = (pages, place);
    file.filter(filter)
}

/// A dictionary that goes into the part.
struct Taken<'a> {
    part: &'a Part,
    place: &'a DictionaryPlace,
}

/// The dictionaries of the part. Those of one writer come one behind the other, each with all of the one before.
#[derive(Default)]
struct Dictionaries<'a> {
    taken: Vec<Taken<'a>>,
    /// What the last one holds.
    last: Option<Chunk>,
}

fn bytes_of(part: &Part, place: &DictionaryPlace) -> Result<Bytes> {
    part.fetch.fetch(place.bytes.clone())
}

impl<'a> Dictionaries<'a> {
    /// Takes those of a part; says which of the new part each is.
    fn add(&mut self, part: &'a Part) -> Result<Vec<u32>> {
        let mut numbers = Vec::new();
        for place in &part.directory.dictionaries {
            let chunk = decode(&bytes_of(part, place)?, place.checksum)?;
            let grew = self.last.as_ref().is_some_and(|last| last.is_begin_of(&chunk));
            match self.taken.last_mut().filter(|_| grew) {
                Some(last) => *last = Taken { part, place },
                None => self.taken.push(Taken { part, place }),
            }
            self.last = Some(chunk);
            numbers.push(self.taken.len().saturating_sub(1) as u32);
        }
        Ok(numbers)
    }

    fn write(&self, file: &mut PartFile<'_>) -> Result<()> {
        for Taken { part, place } in &self.taken {
            file.dictionary(&bytes_of(part, place)?, place.checksum)?;
        }
        Ok(())
    }
}
