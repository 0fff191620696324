//! Writes parts.

use std::ops::Range;
use std::sync::Arc;

use skytrail_columns::Result;
use skytrail_columns::compress::Compressor;
use skytrail_columns::filter::filter_of;
use skytrail_columns::frame;
use skytrail_columns::group::GroupWriter;
use skytrail_columns::hashes::put_pages;

use super::directory::{BlockPlace, Directory};
use super::{FILTER, KIND, TRACES};
use crate::dictionary::{Dictionary, encode};
use crate::seal::Sealed;
use crate::tags::put_tags;

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
    /// Bytes of the heads of blocks, of frames of spans, of the dictionary, of the index of traces with its filter,
    /// of the index of tags, and of the directory.
    pub streams: Vec<(&'static str, u64)>,
}

/// Writes bytes and counts them.
struct Sink<'a> {
    write: &'a mut dyn FnMut(&[u8]) -> std::io::Result<()>,
    place: u64,
}

impl Sink<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<Range<u64>> {
        (self.write)(bytes)?;
        let start = self.place;
        self.place += bytes.len() as u64;
        Ok(start..self.place)
    }
}

/// Writes a part: sealed blocks of one [`crate::PartWriter`], all from the first one on, in their order, then
/// dictionary, indexes and directory. The bytes go to `sink` in order.
pub fn write_part(
    sealed: &[Sealed],
    sink: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<PartInfo> {
    let mut sink = Sink { write: sink, place: 0 };
    sink.put(&KIND.header())?;
    let mut directory = Directory::default();
    let mut info = PartInfo { earliest: i64::MAX, latest: i64::MIN, ..PartInfo::default() };
    let (mut heads, mut frames) = (0, 0);
    for block in sealed {
        let bytes = sink.put(&block.bytes)?;
        let summary = Arc::clone(&block.summary);
        heads += block.head as u64;
        frames += (block.bytes.len() - block.head) as u64;
        info.blocks += 1;
        info.spans += summary.spans;
        info.segments += u64::from(summary.segments);
        info.earliest = info.earliest.min(summary.earliest);
        info.latest = info.latest.max(summary.latest);
        directory.blocks.push(BlockPlace {
            bytes,
            head: block.head as u64,
            checksum: block.checksum(),
            summary,
        });
    }
    if sealed.is_empty() {
        (info.earliest, info.latest) = (0, 0);
    }
    put_indexes(sealed, &mut directory, &mut sink)?;
    let mut group = GroupWriter::new(LEVEL);
    let mut bytes = Vec::new();
    directory.write(&mut group, &mut bytes);
    let footer = sink.put(&bytes)?;
    sink.put(&KIND.trailer(&footer))?;
    info.bytes = sink.place;
    let len = |range: &Range<u64>| range.end - range.start;
    info.streams = vec![
        ("heads", heads),
        ("frames", frames),
        ("dictionary", len(&directory.dictionary)),
        ("traces", len(&directory.index) + len(&directory.filter)),
        ("tags", len(&directory.tags)),
        ("directory", info.bytes - directory.tags.end + skytrail_columns::file::HEADER as u64),
    ];
    Ok(info)
}

fn put_indexes(sealed: &[Sealed], directory: &mut Directory, sink: &mut Sink<'_>) -> Result<()> {
    let mut group = GroupWriter::new(LEVEL);
    let mut bytes = Vec::new();
    let dictionary =
        sealed.last().map_or_else(Dictionary::default, |block| block.dictionary.clone());
    encode(dictionary.chunks(), &mut group, &mut bytes);
    directory.dictionary = sink.put(&bytes)?;

    let of = |(number, block): (u32, &Sealed)| {
        block.hashes.iter().map(move |hash| (*hash, number)).collect::<Vec<_>>()
    };
    let entries: Vec<_> = (0..).zip(sealed).flat_map(of).collect();
    let mut hashes: Vec<_> = entries.iter().map(|entry| entry.0).collect();
    hashes.sort_unstable();
    hashes.dedup();
    bytes.clear();
    directory.pages = put_pages(TRACES, entries, &mut group, &mut bytes);
    directory.index = sink.put(&bytes)?;

    bytes.clear();
    frame::put(FILTER, &filter_of(&hashes), &[], &mut Compressor::new(LEVEL), &mut bytes);
    directory.filter = sink.put(&bytes)?;

    bytes.clear();
    let tags: Vec<_> = sealed.iter().map(|block| block.tags.index()).collect();
    directory.tag_pages = put_tags(&tags, &mut group, &mut bytes)?;
    directory.tags = sink.put(&bytes)?;
    Ok(())
}
