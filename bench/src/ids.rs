//! Ids of spans: those of the traffic's agents, or such as OpenTelemetry's SDKs
//! draw, of which eight bytes a span cannot be compressed.

use skytrail_model::batch::SpanBatch;
use skytrail_model::span::{Rows, Segment};
use skytrail_model::text::Text;

/// Which ids spans have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ids {
    /// A segment's id, and numbers within it.
    #[default]
    SkyWalking,
    /// 16 random bytes for a trace and 8 for a span, in hexadecimal; no segments.
    OpenTelemetry,
}

impl Ids {
    /// The id of a trace that the traffic calls so.
    pub fn trace(self, id: &str) -> String {
        match self {
            Self::SkyWalking => id.to_owned(),
            Self::OpenTelemetry => {
                format!("{:016x}{:016x}", scatter(id.as_bytes(), 1), scatter(id.as_bytes(), 2))
            }
        }
    }

    /// The id of a span of a segment.
    pub fn span(self, segment: &str, number: i32) -> String {
        match self {
            Self::SkyWalking => format!("{segment}.{number}"),
            Self::OpenTelemetry => {
                let seed = 3_u64.wrapping_add_signed(i64::from(number));
                format!("{:016x}", scatter(segment.as_bytes(), seed))
            }
        }
    }

    /// Gives all spans of a batch these ids, their parents included. A segment is
    /// called like its first span then.
    pub fn put_into(self, batch: &mut SpanBatch) {
        if self == Self::SkyWalking {
            return;
        }
        for at in 0..batch.segments.len() {
            let Some(segment) = batch.segments.get(at).copied() else { continue };
            self.put_into_segment(batch, at, &segment);
        }
    }

    fn put_into_segment(self, batch: &mut SpanBatch, at: usize, segment: &Segment) {
        let name = batch.text(segment.segment_id).to_owned();
        let trace = self.trace(batch.text(segment.trace_id));
        let trace_id = append(batch, &trace);
        let mut segment_id = Text::default();
        for row in segment.spans.range() {
            let Some(span) = batch.spans.get(row).copied() else { continue };
            let id = append(batch, &self.span(&name, span.number));
            let parent = match batch.links_of(&span).first() {
                _ if span.parent >= 0 => self.span(&name, span.parent),
                Some(link) => self.span(batch.text(link.segment_id), link.span_number),
                None => String::new(),
            };
            let parent_id = append(batch, &parent);
            if segment_id == Text::default() {
                segment_id = id;
            }
            if let Some(span) = batch.spans.get_mut(row) {
                (span.id, span.parent_id, span.links) = (id, parent_id, Rows::default());
            }
        }
        if let Some(segment) = batch.segments.get_mut(at) {
            (segment.trace_id, segment.segment_id) = (trace_id, segment_id);
        }
    }
}

fn append(batch: &mut SpanBatch, text: &str) -> Text {
    let start = u32::try_from(batch.bytes.len()).unwrap_or(u32::MAX);
    batch.bytes.extend_from_slice(text.as_bytes());
    Text { start, len: u32::try_from(text.len()).unwrap_or(0) }
}

/// A number that looks random, the same for the same bytes.
fn scatter(bytes: &[u8], seed: u64) -> u64 {
    let start = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    bytes.iter().fold(start, |state, byte| {
        let mixed = (state ^ u64::from(*byte)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 29)
    })
}

#[cfg(test)]
mod tests {
    use super::Ids;
    use crate::rows::batches;
    use crate::workload::Workload;

    #[test]
    fn parents_are_found_under_their_new_ids() {
        let mut batch = batches(&Workload::new(200)).unwrap().remove(0).spans;
        let before = batch.clone();
        Ids::OpenTelemetry.put_into(&mut batch);
        let ids: Vec<_> = batch.spans.iter().map(|span| batch.text(span.id)).collect();
        assert!(ids.iter().all(|id| id.len() == 16));
        let found = batch.spans.iter().zip(&before.spans).filter(|(span, before)| {
            let parent = batch.text(span.parent_id);
            let is_root = before.parent < 0 && before.links.len == 0;
            assert_eq!(parent.is_empty(), is_root);
            ids.contains(&parent)
        });
        assert!(found.count() * 2 > ids.len(), "most parents are in the batch");
        assert!(batch.segments.iter().all(|one| batch.text(one.trace_id).len() == 32));
    }
}
