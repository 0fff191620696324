//! A whole trace as columns: one row per span, at most 42 bytes each, and the texts that they share
//! once. Nothing of the store is held while it is put together, so that it takes little more than
//! it comes to.

mod gathering;
mod names;
mod ordering;
mod tagged;

pub(in crate::trace) use gathering::Gathering;
pub use names::Names;
use skytrail_storage::SpanAppend;
pub use tagged::Tagged;
pub(in crate::trace) use tagged::cut;

use crate::context::Ctx;
use crate::error::{Error, ErrorKind, Result};
use crate::query::Query;
use crate::time::Range;

/// Spans of one answer, at most: browsers stay fluid up to here.
pub const MAX_SPANS: usize = 200_000;

/// A trace in columns. Rows stand in the order of their segments (by start, then id), within a
/// segment in that of their numbers. All columns have the same length.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TraceColumns {
    /// Id of the trace.
    pub trace_id: String,
    /// What starts are counted from: milliseconds since the Unix epoch.
    pub base: i64,
    /// Why spans are missing, or may be; none if all are there.
    pub missing: Option<String>,
    /// Start, milliseconds after `base`.
    pub start: Vec<f64>,
    /// Milliseconds.
    pub duration: Vec<f64>,
    /// Row of the parent; -1 where none is known.
    pub parent: Vec<i32>,
    /// Place in `segments`.
    pub segment: Vec<i32>,
    /// Number within the segment.
    pub number: Vec<i32>,
    /// Place in `operations`.
    pub operation: Vec<i32>,
    /// Place in `peers`; -1 for none.
    pub peer: Vec<i32>,
    /// Place in `components`; -1 where it is not known.
    pub component: Vec<i16>,
    /// Place in `layers`.
    pub layer: Vec<u8>,
    /// 0 local, 1 entry, 2 exit, 3 producer, 4 consumer.
    pub kind: Vec<u8>,
    /// Bits of [`flag`].
    pub flags: Vec<u16>,
    /// Names of services as they were sent.
    pub services: Names,
    /// Names of instances as they were sent.
    pub instances: Names,
    /// Names of operations as they were sent.
    pub operations: Names,
    /// Remote addresses.
    pub peers: Names,
    /// Names of components.
    pub components: Vec<&'static str>,
    /// Names of layers.
    pub layers: Vec<&'static str>,
    /// Ids of segments.
    pub segment_ids: Names,
    /// The segments.
    pub segments: Vec<TraceSegment>,
    /// What relates spans besides their parents, by row.
    pub links: Vec<TraceLink>,
    /// The values of a tag, where they were asked for.
    pub tag: Option<Tagged>,
}

/// What is wanted of a trace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TracePart {
    /// Only segments that overlap it; none for all.
    pub window: Option<Range>,
    /// The tag whose values are wanted, by its key.
    pub tag: Option<String>,
}

/// A segment of a trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceSegment {
    /// Place in `segment_ids`.
    pub id: u32,
    /// Place in `services`.
    pub service: u32,
    /// Place in `instances`.
    pub instance: u32,
}

/// A relation besides that to the parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceLink {
    /// The span that has it.
    pub row: u32,
    /// The other span; -1 where it is not among the rows.
    pub to: i32,
    /// How they are related.
    pub kind: TraceLinkKind,
    /// Trace of the other span, unless it is this one.
    pub trace_id: Option<String>,
    /// Place of the other span's segment in `segment_ids`.
    pub segment: u32,
}

/// How a span is related to another one that is not its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceLinkKind {
    /// Caused by another process, as well.
    Process,
    /// Caused by another thread, as well.
    Thread,
    /// One of several messages that it handles together.
    Batch,
    /// Related, but not a cause.
    Follows,
}

/// Bits of `flags`.
pub mod flag {
    /// It failed.
    pub const ERROR: u16 = 1;
    /// It has no end. No protocol that is received tells of such spans yet.
    pub const OPEN: u16 = 1 << 1;
    /// It names a parent that is not among the rows.
    pub const ORPHAN: u16 = 1 << 2;
    /// It has links besides its parent.
    pub const LINKS: u16 = 1 << 3;
    /// It has events.
    pub const EVENTS: u16 = 1 << 4;
    /// Its parent is in another thread.
    pub const CROSS_THREAD: u16 = 1 << 5;
    /// Its parent is in another process.
    pub const CROSS_PROCESS: u16 = 1 << 6;
    /// One of its events is an exception.
    pub const EXCEPTION: u16 = 1 << 7;
}

impl TraceColumns {
    /// Number of spans.
    pub fn len(&self) -> usize {
        self.start.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.start.is_empty()
    }
}

impl Query {
    /// Everything that is kept of a trace, as columns; as much of it as the request has memory
    /// for, and at most [`MAX_SPANS`] spans. What it takes can be had by [`Ctx::take_kept`].
    ///
    /// # Errors
    /// `NotFound` where nothing is kept.
    pub async fn trace_columns(
        &self,
        ctx: &Ctx,
        trace_id: &str,
        part: &TracePart,
    ) -> Result<TraceColumns> {
        let gathering = Gathering::new(trace_id).within(part.window);
        let mut gathering = gathering.with_tag(part.tag.as_deref());
        let mut working = ctx.working();
        let mut looked = Ok(true);
        let mut take = |window: SpanAppend| {
            if let Err(error) = ctx.charge(window.batch.spans.len()) {
                looked = Err(error);
                return false;
            }
            let mut look = |gathering: &Gathering| {
                looked = working.fit(gathering.bytes());
                matches!(looked, Ok(true))
            };
            gathering.add(&window, &mut look)
        };
        let completeness = self.storage.spans().trace(trace_id, &mut take).await?;
        let fits = looked?;
        ctx.note(completeness);
        if gathering.len() == 0 && fits {
            let when = if part.window.is_some() { " in the window" } else { "" };
            let message = format!("no span of trace '{trace_id}' is stored{when}");
            return Err(Error::new(ErrorKind::NotFound, message));
        }
        let missing = match (gathering.is_full(), fits) {
            (true, _) => Some(format!("the trace has more than {MAX_SPANS} spans")),
            (_, false) => Some(format!(
                "the trace has more spans than one request may have memory for, {} bytes of \
                 query.memory",
                ctx.memory().most()
            )),
            _ if ctx.is_incomplete() => {
                Some("some of what was stored could not be read, or had to make room".to_owned())
            }
            _ => None,
        };
        if missing.is_some() {
            ctx.note_incomplete();
        }
        let mut columns = gathering.finish();
        columns.missing = missing;
        working.set(columns.memory())?;
        working.keep();
        Ok(columns)
    }
}

impl TraceColumns {
    /// Memory that it takes, in bytes.
    fn memory(&self) -> usize {
        let names =
            [&self.services, &self.instances, &self.operations, &self.peers, &self.segment_ids];
        let names: usize = names.into_iter().map(Names::memory).sum();
        let links: usize =
            self.links.iter().filter_map(|link| link.trace_id.as_ref()).map(String::len).sum();
        self.len() * 42
            + self.tag.as_ref().map_or(0, Tagged::memory)
            + names
            + links
            + self.segments.len() * size_of::<TraceSegment>()
            + self.links.len() * size_of::<TraceLink>()
    }
}

#[cfg(test)]
mod tests;
