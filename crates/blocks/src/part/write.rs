//! Writes parts.

use std::ops::Range;
use std::sync::Arc;

use skytrail_columns::Result;
use skytrail_columns::compress::Compressor;
use skytrail_columns::file::HEADER;
use skytrail_columns::filter::FilterWriter;
use skytrail_columns::frame;
use skytrail_columns::group::GroupWriter;
use skytrail_columns::hashes::put_pages;

use super::directory::{BlockPlace, DictionaryPlace, Directory};
use super::{FILTER, KIND, TRACES, filter_key};
use crate::dictionary::{Dictionary, encode};
use crate::seal::Sealed;
use crate::tags::{TagIndex, put_tags};

/// The level of zstd of what is written once for the part.
const LEVEL: i32 = 3;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PartInfo {
    /// Bytes of the file.
    pub bytes: u64,
    /// Blocks.
    pub blocks: u32,
    /// Spans.
    pub spans: u64,
    /// Segments.
    pub segments: u64,
    /// Earliest start, nanoseconds since the Unix epoch.
    pub earliest: i64,
    /// Latest start of a segment, nanoseconds since the Unix epoch.
    pub latest: i64,
    /// Bytes of the dictionaries.
    pub dictionary_bytes: u64,
    /// Bytes of the heads of blocks, of frames of spans, of the dictionaries, of the index of traces with its filter,
    /// of the index of tags, and of the directory.
    pub streams: Vec<(&'static str, u64)>,
}

/// Takes bytes.
pub(super) type Put<'a> = &'a mut dyn FnMut(&[u8]) -> std::io::Result<()>;

/// A part while it is written, front to back.
pub(super) struct PartFile<'a> {
    write: Put<'a>,
    place: u64,
    pub(super) directory: Directory,
    pub(super) group: GroupWriter,
}

impl<'a> PartFile<'a> {
    pub(super) fn begin(write: Put<'a>) -> Result<Self> {
        let directory = Directory::default();
        let mut file = Self { write, place: 0, directory, group: GroupWriter::new(LEVEL) };
        file.put(&KIND.header())?;
        Ok(file)
    }

    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<Range<u64>> {
        (self.write)(bytes)?;
        let start = self.place;
        self.place += bytes.len() as u64;
        Ok(start..self.place)
    }

    pub(super) fn dictionary(&mut self, bytes: &[u8], checksum: u64) -> Result<()> {
        let bytes = self.put(bytes)?;
        self.directory.dictionaries.push(DictionaryPlace { bytes, checksum });
        Ok(())
    }

    /// Writes pages by what gives them some at a time; says where they are.
    pub(super) fn pages<T>(
        &mut self,
        pages: impl FnOnce(&mut GroupWriter, &mut dyn FnMut(&[u8]) -> Result<()>) -> Result<T>,
    ) -> Result<(T, Range<u64>)> {
        let start = self.place;
        let Self { write, place, group, .. } = self;
        let mut put = |bytes: &[u8]| {
            write(bytes)?;
            *place += bytes.len() as u64;
            Ok(())
        };
        let pages = pages(group, &mut put)?;
        Ok((pages, start..self.place))
    }

    pub(super) fn filter(&mut self, filter: FilterWriter) -> Result<()> {
        let mut bytes = Vec::new();
        frame::put(FILTER, &filter.finish(), &[], &mut Compressor::new(LEVEL), &mut bytes);
        self.directory.filter = self.put(&bytes)?;
        Ok(())
    }

    pub(super) fn tags(&mut self, indexes: &[TagIndex<'_>]) -> Result<()> {
        let ((pages, kind), place) = self.pages(|group, put| put_tags(indexes, group, put))?;
        (self.directory.tag_pages, self.directory.tags) = (pages, place);
        self.directory.tag_kind = kind;
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<PartInfo> {
        let mut bytes = Vec::new();
        self.directory.write(&mut self.group, &mut bytes);
        let footer = self.put(&bytes)?;
        self.put(&KIND.trailer(&footer))?;
        Ok(info(&self.directory, self.place))
    }
}

fn info(directory: &Directory, bytes: u64) -> PartInfo {
    let mut info = PartInfo { bytes, ..PartInfo::default() };
    let (mut heads, mut frames) = (0, 0);
    for (block, summary) in directory.blocks.iter().zip(&directory.summaries) {
        if info.blocks == 0 {
            (info.earliest, info.latest) = (summary.earliest, summary.latest);
        }
        info.blocks += 1;
        info.spans += summary.spans;
        info.segments += u64::from(summary.segments);
        info.earliest = info.earliest.min(summary.earliest);
        info.latest = info.latest.max(summary.latest);
        heads += block.head;
        frames += (block.bytes.end - block.bytes.start) - block.head;
    }
    let len = |range: &Range<u64>| range.end - range.start;
    info.dictionary_bytes = directory.dictionaries.iter().map(|one| len(&one.bytes)).sum();
    info.streams = vec![
        ("heads", heads),
        ("frames", frames),
        ("dictionary", info.dictionary_bytes),
        ("traces", len(&directory.index) + len(&directory.filter)),
        ("tags", len(&directory.tags)),
        ("directory", bytes - directory.tags.end + HEADER as u64),
    ];
    info
}

/// Writes a part: sealed blocks in their order, then the dictionaries of their writers, indexes and directory. Blocks of
/// one [`crate::PartWriter`] MUST stand together, in their order. The bytes go to `sink` in order.
///
/// # Errors
/// `Limit` when dictionaries are more than a reader takes; `Io` when the sink refuses.
pub fn write_part(
    sealed: &[Sealed],
    sink: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<PartInfo> {
    let mut file = PartFile::begin(sink)?;
    let mut last: Vec<&Dictionary> = Vec::new();
    for block in sealed {
        let bytes = file.put(&block.bytes)?;
        match last.last_mut() {
            Some(last) if last.is_of_same(&block.dictionary) => *last = &block.dictionary,
            _ => last.push(&block.dictionary),
        }
        file.directory.blocks.push(BlockPlace {
            bytes,
            head: block.head as u64,
            checksum: block.checksum(),
            dictionary: last.len().saturating_sub(1) as u32,
        });
        file.directory.summaries.push(Arc::clone(&block.summary));
    }
    for dictionary in last {
        let mut bytes = Vec::new();
        let checksum = encode(dictionary.chunks(), &mut file.group, &mut bytes)?;
        file.dictionary(&bytes, checksum)?;
    }
    put_traces(sealed, &mut file)?;
    let tags: Vec<_> = sealed.iter().map(|block| block.tags.index()).collect();
    file.tags(&tags)?;
    file.finish()
}

fn put_traces(sealed: &[Sealed], file: &mut PartFile<'_>) -> Result<()> {
    let of = |(number, block): (u32, &Sealed)| {
        block.hashes.iter().map(move |hash| (*hash, number)).collect::<Vec<_>>()
    };
    let entries: Vec<_> = (0..).zip(sealed).flat_map(of).collect();
    let mut hashes: Vec<_> = entries.iter().map(|entry| TRACES.kept(entry.0)).collect();
    hashes.sort_unstable();
    hashes.dedup();
    let mut bytes = Vec::new();
    file.directory.pages = put_pages(TRACES, entries, &mut file.group, &mut bytes);
    file.directory.index = file.put(&bytes)?;
    let mut filter = FilterWriter::for_keys(hashes.len());
    hashes.into_iter().for_each(|hash| filter.add(filter_key(hash)));
    file.filter(filter)
}
