//! Blocks that are read.

mod batch;
mod frames;
mod gather;
mod head;
mod keyword;
mod matching;
mod search;
mod source;
#[cfg(test)]
mod tests;
mod variants;
mod walk;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use skytrail_columns::frame::Frame;
use skytrail_columns::{Error, Fetch, Result};
use skytrail_storage::{SegmentCursor, SegmentFilter, SpanAppend};

use crate::dictionary::{Dictionary, PartDictionary};
use crate::hidden::Hidden;
use crate::layout::{MOST_BYTES, span_seed};
use crate::row::trace_hash;
use crate::sizes::{self, About, Sizes};
use crate::summary::Summary;
use crate::tags::Granules;
pub(crate) use batch::{BatchBuilder, rows_from};
use frames::{Groups, Reader};
use head::{Head, HeadView};
pub(crate) use matching::STATEMENT;
use source::Source;
pub(crate) use variants::kind_of;

pub use search::Selection;

/// Where a block has its dictionaries.
#[derive(Debug, Clone)]
pub(crate) struct Home(Dictionaries);

#[derive(Debug, Clone)]
enum Dictionaries {
    Sealed(Dictionary),
    Part(Arc<PartDictionary>),
}

impl Home {
    pub(crate) fn sealed(dictionary: Dictionary) -> Self {
        Self(Dictionaries::Sealed(dictionary))
    }

    pub(crate) fn part(dictionary: Arc<PartDictionary>) -> Self {
        Self(Dictionaries::Part(dictionary))
    }

    fn dictionary(&self) -> Result<Dictionary> {
        match &self.0 {
            Dictionaries::Sealed(dictionary) => Ok(dictionary.clone()),
            Dictionaries::Part(dictionary) => dictionary.get(),
        }
    }
}

/// Segments and their spans. Nothing is read before it is asked for, and what is answered is checked, so every method
/// may fail.
#[derive(Clone)]
pub struct Block {
    source: Source,
    head_len: u64,
    /// Of the head, where it is known from elsewhere.
    checksum: Option<u64>,
    home: Home,
    summary: Arc<Summary>,
    head: Arc<OnceLock<Head>>,
    hidden: Option<Arc<Hidden>>,
}

impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { source, summary, .. } = self;
        f.debug_struct("Block")
            .field("place", &source.place)
            .field("summary", summary)
            .finish_non_exhaustive()
    }
}

impl Block {
    pub(crate) fn new(
        fetch: Arc<dyn Fetch>,
        place: Range<u64>,
        head_len: u64,
        checksum: Option<u64>,
        home: Home,
        summary: Arc<Summary>,
    ) -> Self {
        let source = Source::new(fetch, place);
        Self { source, head_len, checksum, home, summary, head: Arc::default(), hidden: None }
    }

    /// The same without some segments.
    pub(crate) fn hiding(self, hidden: Option<Arc<Hidden>>) -> Self {
        Self { hidden, ..self }
    }

    /// What is known of it without reading it.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// Bytes of memory that it holds once it was read, beside its bytes.
    pub(crate) fn memory(&self) -> usize {
        self.head.get().map_or(0, Head::memory)
    }

    /// All segments of the trace in this block, as one batch of nothing else, in the order of the block; none if there
    /// is none.
    pub fn trace(&self, trace_id: &str) -> Result<Option<SpanAppend>> {
        self.read(|reader| {
            let segments = self.of_trace(reader, trace_id)?;
            if segments.is_empty() {
                return Ok(None);
            }
            reader.gather(&segments).map(Some)
        })
    }

    /// The same in windows: batches of about `bytes` of memory, or one segment where that takes more. Gives them to
    /// `take` until it wants no more; says whether it does.
    pub fn windows(
        &self,
        trace_id: &str,
        bytes: usize,
        take: &mut dyn FnMut(SpanAppend) -> bool,
    ) -> Result<bool> {
        self.read(|reader| reader.windows(&self.of_trace(reader, trace_id)?, bytes, take))
    }

    /// The segments of a trace, those that are hidden left out.
    fn of_trace(&self, reader: &Reader<'_>, trace_id: &str) -> Result<Vec<usize>> {
        if self.hidden.as_ref().is_some_and(|hidden| hidden.has_trace(trace_id)) {
            return Ok(Vec::new());
        }
        let (head, hash) = (&reader.head, trace_hash(trace_id.as_bytes()));
        match head.find_trace(trace_id.as_bytes(), hash)? {
            Some(trace) => self.shown(reader, head.segments_of(trace)),
            None => Ok(Vec::new()),
        }
    }

    /// The best segments behind `after` in the order of the filter (key descending, then segment id and trace id
    /// ascending), at most `limit`; those whose key is below `bar` may be left out. Segments with the same key and ids
    /// are found once. `within` is what [`crate::TagPlaces::of`] says of the block, or nothing.
    pub fn search(
        &self,
        filter: &SegmentFilter,
        within: &[Granules],
        after: Option<&SegmentCursor>,
        limit: usize,
        bar: Option<i64>,
    ) -> Result<Selection> {
        if !search::may_hold(&self.summary, filter, after, bar) {
            return Ok(Selection::default());
        }
        let hidden = self.hidden.as_deref();
        let asking = search::Asking { filter, after, limit, bar, hidden };
        self.read(|reader| search::search((reader, within), &self.summary, &asking))
    }

    /// Everything that is in the block, in its order.
    pub fn rows(&self) -> Result<SpanAppend> {
        self.read(|reader| {
            let segments = self.shown(reader, (0..reader.head.len()).collect())?;
            reader.gather(&segments)
        })
    }

    /// Adds what its columns take.
    ///
    /// # Errors
    /// `Corrupt` or `Io` when it cannot be read.
    pub fn add_sizes(&self, sizes: &mut Sizes) -> Result<()> {
        let dictionary = self.home.dictionary()?;
        let head = self.head()?;
        let groups = Groups::new(&self.source, head);
        let of_head = |id| About::Column(sizes::of_head(id));
        sizes::add(sizes, self.head_len, head.group(), of_head);
        for (number, place) in head.frames.iter().enumerate() {
            let of_span = |id| sizes::of_span(id, &dictionary);
            sizes::add(sizes, place.len, groups.get(number)?, of_span);
        }
        Ok(())
    }

    /// Those of some segments that are not left out.
    fn shown(&self, reader: &Reader<'_>, mut segments: Vec<usize>) -> Result<Vec<usize>> {
        let Some(hidden) = &self.hidden else { return Ok(segments) };
        let head = &reader.head;
        let mut traces = Vec::new();
        for id in &hidden.traces {
            let trace = head.find_trace(id.as_bytes(), trace_hash(id.as_bytes()))?;
            traces.extend(trace.map(i64::from));
        }
        let services = self.summary.services.iter();
        let services = services.filter(|service| hidden.has_service(service.service));
        let rows: Vec<_> =
            services.map(|one| one.rows.start as usize..one.rows.end as usize).collect();
        segments.retain(|segment| {
            let is_of_service = rows.iter().any(|rows| rows.contains(segment));
            let trace = head.traces.get(*segment);
            !is_of_service && trace.is_none_or(|trace| !traces.contains(&trace))
        });
        Ok(segments)
    }

    /// All bytes, whose checksums are right.
    pub(crate) fn whole(&self) -> Result<Bytes> {
        let bytes = self.source.bytes(0..self.source.len())?;
        let wrong = || Error::corrupt("block: a frame that is not inside");
        let part = |range: Range<u64>| {
            let range = usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?;
            bytes.get(range.clone())?;
            Some(bytes.slice(range))
        };
        let head = self.open(&part(0..self.head_len).ok_or_else(wrong)?)?;
        for (number, place) in (0..).zip(&head.frames) {
            let frame = part(place.start..place.start + place.len).ok_or_else(wrong)?;
            let frame = Frame::open("frame of spans", span_seed(number), &frame, MOST_BYTES)?;
            if frame.checksum != place.checksum {
                return Err(Error::corrupt("frame of spans: not that of this block"));
            }
        }
        Ok(bytes)
    }

    fn read<T>(&self, read: impl FnOnce(&Reader<'_>) -> Result<T>) -> Result<T> {
        let dictionary = self.home.dictionary()?;
        let head = self.head()?;
        let groups = Groups::new(&self.source, head);
        let view = HeadView::open(head, &dictionary)?;
        read(&Reader::new(view, &dictionary, &groups))
    }

    fn head(&self) -> Result<&Head> {
        if let Some(head) = self.head.get() {
            return Ok(head);
        }
        let head = self.open(&self.source.bytes(0..self.head_len)?)?;
        Ok(self.head.get_or_init(|| head))
    }

    fn open(&self, bytes: &Bytes) -> Result<Head> {
        let behind = self.source.len().saturating_sub(self.head_len);
        let head = Head::open(bytes, behind, &self.summary)?;
        if self.checksum.is_some_and(|checksum| checksum != head.checksum()) {
            return Err(Error::corrupt("head of a block: not that of this block"));
        }
        Ok(head)
    }
}
