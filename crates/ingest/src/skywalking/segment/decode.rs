//! The segment itself.

use skytrail_model::span::{Rows, Segment};
use skytrail_model::text::Text;

use crate::decode::{Refusal, Run};
use crate::wire::{Cursor, DEPTH, int, len};

/// Number of the last field of a `SegmentObject`.
const LAST_FIELD: u64 = 6;

const EMPTY_TEXT: &[u8] = &[];

const TRACE_ID: u64 = len(1);
const SEGMENT_ID: u64 = len(2);
const SPAN: u64 = len(3);
const SERVICE: u64 = len(4);
const INSTANCE: u64 = len(5);
const SIZE_LIMITED: u64 = int(6);

impl Run<'_> {
    /// Reads a `SegmentObject`, and tells its spans.
    pub(crate) fn segment(&mut self) -> Result<u32, Refusal> {
        let mut cursor = Cursor::new(self.message);
        let first = self.first_span as u32;
        let row = self.batch.segments.len() as u32;
        let (mut trace, mut id) = (EMPTY_TEXT, EMPTY_TEXT);
        let (mut service, mut instance) = (EMPTY_TEXT, EMPTY_TEXT);
        let mut is_size_limited = false;
        while let Some(key) = cursor.key()? {
            match key {
                SPAN => loop {
                    self.span(cursor.bytes()?, row)?;
                    if !cursor.is_next(SPAN) {
                        break;
                    }
                },
                TRACE_ID => trace = cursor.bytes()?,
                SEGMENT_ID => id = cursor.bytes()?,
                SERVICE => service = cursor.bytes()?,
                INSTANCE => instance = cursor.bytes()?,
                SIZE_LIMITED => is_size_limited = cursor.bool()?,
                _ => cursor.skip(key, LAST_FIELD, DEPTH)?,
            }
        }
        let len = self.batch.spans.len() as u32 - first;
        let segment = Segment {
            trace_id: self.id(trace)?,
            segment_id: self.id(id)?,
            service: self.name(service).0,
            instance: self.name(instance).0,
            spans: Rows { start: first, len },
            resource: Rows::default(),
            scope: Text::EMPTY,
            raw: Text { start: self.place, len: self.message.len() as u32 },
            is_size_limited,
        };
        self.batch.segments.push(segment);
        Ok(len)
    }
}
