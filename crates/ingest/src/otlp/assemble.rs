//! From spans in any order to segments: those of one trace stand together.

use skytrail_model::span::{Rows, Segment};
use skytrail_model::text::Text;

use super::resource::Home;
use crate::decode::{Refusal, Run};
use crate::frame::{self, Kind};

/// Letters of a trace id and of a span id.
const TRACE_LETTERS: u32 = 32;
const ID_LETTERS: u32 = 16;

impl Run<'_> {
    /// Makes a segment of the spans of each trace, in the order of their arrival,
    /// and tells how many spans there are.
    pub(super) fn assemble(&mut self, home: Home) -> Result<u32, Refusal> {
        let scratch = &mut *self.otlp;
        let places = scratch.pending.iter().zip(0..).map(|(one, place)| (one.trace, place));
        scratch.order.extend(places);
        scratch.order.sort_unstable();
        let order = std::mem::take(&mut scratch.order);
        let first_segment = self.batch.segments.len();
        for group in order.chunk_by(|one, other| one.0 == other.0) {
            self.gather(group, home);
        }
        self.otlp.order = order;
        self.settle_ids(first_segment);
        let spans = (self.batch.spans.len() - self.first_span) as u32;
        match self.left_out.reasons().next() {
            Some((why, _)) if spans == 0 => Err(Refusal::NoneTaken(why)),
            _ => Ok(spans),
        }
    }

    /// The segment of one trace. Places of ids are those in the scratch.
    fn gather(&mut self, group: &[(u128, u32)], home: Home) {
        let scratch = &mut *self.otlp;
        let of = |place: u32| scratch.pending.get(place as usize);
        let ids = group.iter().zip(0..).filter_map(|((_, place), at)| Some((of(*place)?.id, at)));
        scratch.ids.clear();
        scratch.ids.extend(ids);
        scratch.ids.sort_unstable();
        let Some((trace, _)) = group.first() else { return };
        let trace_id = scratch.put_hex(&trace.to_be_bytes());
        let first_id = trace_id.start + TRACE_LETTERS;
        for (_, place) in group {
            let id = scratch.pending.get(*place as usize).map_or(0, |one| one.id);
            scratch.put_hex(&id.to_be_bytes());
        }
        let row = self.batch.segments.len() as u32;
        let start = self.batch.spans.len() as u32;
        for ((_, place), number) in group.iter().zip(0..) {
            let Some(pending) = scratch.pending.get(*place as usize) else { continue };
            let (parent, mut span) = (&pending.parent, pending.span);
            span.segment = row;
            span.number = number as i32;
            span.id = id_at(first_id, number);
            (span.parent, span.parent_id) = match scratch.ids.partition_point(|(id, _)| id < parent)
            {
                _ if *parent == 0 => (-1, Text::EMPTY),
                at => match scratch.ids.get(at) {
                    Some((id, own)) if id == parent && *own != number => {
                        (*own as i32, id_at(first_id, *own))
                    }
                    _ => (-1, scratch.put_hex(&parent.to_be_bytes())),
                },
            };
            self.batch.spans.push(span);
        }
        self.batch.segments.push(Segment {
            trace_id,
            segment_id: id_at(first_id, 0),
            service: home.service,
            instance: home.instance,
            spans: Rows { start, len: self.batch.spans.len() as u32 - start },
            resource: home.resource,
            scope: Text::EMPTY,
            raw: Text::EMPTY,
            is_size_limited: false,
        });
    }

    /// Puts all ids into the batch, and turns places in the scratch into places there.
    fn settle_ids(&mut self, first_segment: usize) {
        let base = frame::push(&mut self.batch.bytes, Kind::Made, &self.otlp.hex);
        let settle = |text: &mut Text| {
            if !text.is_empty() {
                text.start += base;
            }
        };
        for segment in self.batch.segments.iter_mut().skip(first_segment) {
            settle(&mut segment.trace_id);
            settle(&mut segment.segment_id);
        }
        for span in self.batch.spans.iter_mut().skip(self.first_span) {
            settle(&mut span.id);
            settle(&mut span.parent_id);
        }
        for link in self.batch.links.iter_mut().skip(self.first_link) {
            settle(&mut link.trace_id);
            settle(&mut link.span_id);
        }
    }
}

/// The id of a span by its number, those of a segment standing in a row.
fn id_at(first: u32, number: u32) -> Text {
    Text { start: first + number * ID_LETTERS, len: ID_LETTERS }
}
