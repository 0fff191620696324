//! The first frame of a block: what is known of its segments.

use bytes::Bytes;
use skytrail_columns::group::Group;
use skytrail_columns::ints::Ints;
use skytrail_columns::{Error, Result};

use crate::dictionary::{Dictionary, Source};
use crate::ids::{Id, IdReader, Near};
use crate::layout::{
    LAYOUT, MOST_BYTES, MOST_FRAME_ROWS, MOST_ROWS, head as column, head_seed, ids,
};
use crate::row::trace_hash;
use crate::summary::Summary;

/// Where a frame of spans is.
#[derive(Debug, Clone, Copy)]
pub(super) struct FramePlace {
    /// Its first row.
    pub(super) first: usize,
    pub(super) rows: usize,
    /// Its first byte in the block.
    pub(super) start: u64,
    pub(super) len: u64,
    pub(super) checksum: u64,
}

/// A head that is read.
#[derive(Debug)]
pub(super) struct Head {
    group: Group,
    segments: usize,
    traces: usize,
    /// First span of each segment, and behind the last one.
    first_spans: Vec<u32>,
    pub(super) frames: Vec<FramePlace>,
}

fn wrong(problem: &str) -> Error {
    Error::corrupt(format!("head of a block: {problem}"))
}

fn frames(group: &Group, head_len: u64, frame_bytes: u64) -> Result<Vec<FramePlace>> {
    let count = group.rows(column::FRAME_ROWS).unwrap_or(0);
    let rows = group.ints_of(column::FRAME_ROWS, count)?;
    let bytes = group.ints_of(column::FRAME_BYTES, count)?;
    let checksums = group.ints_of(column::FRAME_CHECKSUM, count)?;
    let (mut first, mut left) = (0, frame_bytes);
    let mut frames = Vec::new();
    for ((rows, len), checksum) in rows.iter().zip(bytes.iter()).zip(checksums.iter()) {
        let rows = usize::try_from(rows).ok().filter(|rows| (1..=MOST_FRAME_ROWS).contains(rows));
        let rows = rows.ok_or_else(|| wrong("a frame of so many rows cannot be"))?;
        let start = head_len + (frame_bytes - left);
        let len = u64::try_from(len).ok().filter(|len| *len > 0 && *len <= left);
        let len = len.ok_or_else(|| wrong("frames that are longer than the block"))?;
        frames.push(FramePlace { first, rows, start, len, checksum: checksum.cast_unsigned() });
        first += rows;
        left -= len;
    }
    if left == 0 { Ok(frames) } else { Err(wrong("frames that do not make up the block")) }
}

impl Head {
    /// Opens the head of a block with so many bytes behind it.
    pub(super) fn open(bytes: &Bytes, frame_bytes: u64, summary: &Summary) -> Result<Self> {
        let group = Group::open("head of a block", head_seed(), bytes, MOST_ROWS, MOST_BYTES)?;
        if group.ints_of(column::LAYOUT, 1)?.get(0) != Some(LAYOUT)
            || group.ints_of(column::FLAGS, 1)?.get(0) != Some(0)
        {
            return Err(wrong("a layout that this program does not know"));
        }
        let segments = summary.segments as usize;
        let counts = group.ints_of(column::SPANS, segments)?;
        let mut first_spans = Vec::with_capacity(segments + 1);
        let mut next = 0_u32;
        first_spans.push(next);
        for count in counts.iter() {
            let end = u32::try_from(count).ok().and_then(|count| next.checked_add(count));
            next = end.ok_or_else(|| wrong("segments of so many spans cannot be"))?;
            first_spans.push(next);
        }
        let frames = frames(&group, bytes.len() as u64, frame_bytes)?;
        let rows = frames.last().map_or(0, |frame| frame.first + frame.rows);
        if rows != next as usize || u64::from(next) != summary.spans {
            return Err(wrong("frames and segments of different numbers of spans"));
        }
        let traces = group.rows(column::TRACE_ID + ids::KIND).unwrap_or(0);
        Ok(Self { group, segments, traces, first_spans, frames })
    }

    /// Bytes of memory, beside the bytes of the frame.
    pub(super) fn memory(&self) -> usize {
        self.first_spans.capacity() * size_of::<u32>()
            + self.frames.capacity() * size_of::<FramePlace>()
            + self.group.memory()
    }

    /// Its columns.
    pub(super) fn group(&self) -> &Group {
        &self.group
    }

    pub(super) fn checksum(&self) -> u64 {
        self.group.checksum()
    }
}

/// The columns of a head.
#[derive(Debug)]
pub(super) struct HeadView<'a> {
    pub(super) head: &'a Head,
    dictionary: &'a Dictionary,
    pub(super) sources: Ints<'a>,
    pub(super) endpoints: Ints<'a>,
    endpoint_spans: Ints<'a>,
    pub(super) starts: Ints<'a>,
    pub(super) durations: Ints<'a>,
    pub(super) errors: Ints<'a>,
    pub(super) traces: Ints<'a>,
    resources: Ints<'a>,
    scopes: Ints<'a>,
    size_limited: Ints<'a>,
    segment_ids: IdReader<'a>,
    trace_ids: IdReader<'a>,
}

/// A segment of a block.
#[derive(Debug, Clone, Copy)]
pub(super) struct SegmentRow<'a> {
    pub(super) source: &'a Source,
    pub(super) near: Near,
    pub(super) start: i64,
    pub(super) duration: i64,
    pub(super) is_error: bool,
    /// Place of the span that names it; none where it is none of its own.
    pub(super) endpoint_span: Option<u32>,
    pub(super) resource: u32,
    pub(super) scope: u32,
    pub(super) is_size_limited: bool,
    pub(super) endpoint: &'a crate::dictionary::Endpoint,
}

/// A code in a column.
pub(super) fn code(ints: &Ints<'_>, row: usize) -> Result<u32> {
    let code = ints.get(row).and_then(|code| u32::try_from(code).ok());
    code.ok_or_else(|| wrong("a code that cannot be"))
}

impl<'a> HeadView<'a> {
    pub(super) fn open(head: &'a Head, dictionary: &'a Dictionary) -> Result<Self> {
        let ints = |id| head.group.ints_of(id, head.segments);
        Ok(Self {
            head,
            dictionary,
            sources: ints(column::SOURCE)?,
            endpoints: ints(column::ENDPOINT)?,
            endpoint_spans: ints(column::ENDPOINT_SPAN)?,
            starts: ints(column::START)?,
            durations: ints(column::DURATION)?,
            errors: ints(column::ERROR)?,
            traces: ints(column::TRACE)?,
            resources: ints(column::RESOURCE)?,
            scopes: ints(column::SCOPE)?,
            size_limited: ints(column::SIZE_LIMITED)?,
            segment_ids: IdReader::open(&head.group, column::SEGMENT_ID, head.segments)?,
            trace_ids: IdReader::open(&head.group, column::TRACE_ID, head.traces)?,
        })
    }

    /// Segments.
    pub(super) fn len(&self) -> usize {
        self.head.segments
    }

    /// Rows of the spans of a segment.
    pub(super) fn spans(&self, segment: usize) -> std::ops::Range<usize> {
        let bound = |place: usize| self.head.first_spans.get(place).copied().unwrap_or(0) as usize;
        bound(segment)..bound(segment + 1)
    }

    /// The segment of a span.
    pub(super) fn segment_of(&self, span: usize) -> usize {
        self.head.first_spans.partition_point(|first| *first as usize <= span).saturating_sub(1)
    }

    /// What the ids of a segment are written less of.
    pub(super) fn near(&self, segment: usize) -> Result<Near> {
        let source = self.dictionary.source(code(&self.sources, segment)?)?;
        let start = self.starts.get(segment).unwrap_or(0);
        Ok(Near { process: source.process, millis: start.div_euclid(1_000_000) })
    }

    /// Segment id.
    pub(super) fn segment_id(&self, segment: usize) -> Result<Id<'a>> {
        self.segment_ids.id(segment, self.near(segment)?, self.dictionary)
    }

    /// Id of the trace of a segment.
    pub(super) fn trace_id(&self, segment: usize) -> Result<Id<'a>> {
        let trace = code(&self.traces, segment)?;
        self.trace_ids.id(trace as usize, Near::default(), self.dictionary)
    }

    pub(super) fn segment(&self, segment: usize) -> Result<SegmentRow<'a>> {
        let source = self.dictionary.source(code(&self.sources, segment)?)?;
        let number = |ints: &Ints<'_>| ints.get(segment).unwrap_or(0);
        let start = number(&self.starts);
        Ok(SegmentRow {
            source,
            near: Near { process: source.process, millis: start.div_euclid(1_000_000) },
            start,
            duration: number(&self.durations),
            is_error: number(&self.errors) != 0,
            endpoint_span: u32::try_from(number(&self.endpoint_spans)).ok(),
            resource: code(&self.resources, segment)?,
            scope: code(&self.scopes, segment)?,
            is_size_limited: number(&self.size_limited) != 0,
            endpoint: self.dictionary.endpoint(code(&self.endpoints, segment)?)?,
        })
    }

    /// The number of a trace. Traces stand by the hashes of their ids.
    pub(super) fn find_trace(&self, trace_id: &[u8], hash: u64) -> Result<Option<u32>> {
        let mut text = Vec::with_capacity(64);
        let mut read = |trace: usize| {
            text.clear();
            self.trace_ids.id(trace, Near::default(), self.dictionary)?.put(&mut text);
            Ok::<_, Error>((trace_hash(&text), text == trace_id))
        };
        let (mut low, mut high) = (0, self.head.traces);
        while low < high {
            let middle = low.midpoint(high);
            if read(middle)?.0 < hash { low = middle + 1 } else { high = middle }
        }
        for trace in low..self.head.traces {
            let (other, is_it) = read(trace)?;
            if is_it {
                return Ok(Some(trace as u32));
            }
            if other != hash {
                break;
            }
        }
        Ok(None)
    }

    /// Segments of a trace.
    pub(super) fn segments_of(&self, trace: u32) -> Vec<usize> {
        self.traces.rows_with(trace.into())
    }
}
