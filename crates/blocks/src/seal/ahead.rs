//! Memory that is asked for before it is needed.

use std::hint::black_box;

use skytrail_model::batch::SpanBatch;
use skytrail_model::span::Value;
use skytrail_model::text::Text;

use super::kept::Kept;

/// Segments that are asked for at once. What they lie in MUST fit in the cache of a core.
pub(super) const AHEAD: usize = 32;

/// Reads one byte of what encoding some segments will read. The segments of a service lie all over memory: here many
/// reads are under way at once, while the encoder would wait for each of them alone.
pub(super) fn ask_for<'k, 'a: 'k>(kept: impl Iterator<Item = &'k Kept<'a>> + Clone) {
    let mut sum = 0_u32;
    for kept in kept.clone() {
        for span in kept.spans {
            sum = sum.wrapping_add(span.attributes.start ^ span.number.cast_unsigned());
        }
        sum = sum.wrapping_add(kept.entry.endpoint_span ^ kept.segment.scope.len);
    }
    for kept in kept.clone() {
        for span in kept.spans {
            let attributes = kept.batch.attributes_of(span.attributes).iter();
            sum = attributes.fold(sum, |sum, attribute| sum.wrapping_add(attribute.key.0));
            let links = kept.batch.links_of(span).iter();
            sum = links.fold(sum, |sum, link| sum.wrapping_add(link.trace_id.start));
        }
    }
    for kept in kept {
        for span in kept.spans {
            for attribute in kept.batch.attributes_of(span.attributes) {
                if let Value::Text(text) = attribute.value {
                    sum = sum.wrapping_add(ends(kept.batch, text));
                }
            }
            for link in kept.batch.links_of(span) {
                sum = sum.wrapping_add(ends(kept.batch, link.trace_id));
                sum = sum.wrapping_add(ends(kept.batch, link.segment_id));
            }
        }
    }
    black_box(sum);
}

/// The first and the last byte of a text.
fn ends(batch: &SpanBatch, text: Text) -> u32 {
    let byte = |place: u32| batch.bytes.get(place as usize).copied().unwrap_or(0);
    let last = text.start.saturating_add(text.len.saturating_sub(1));
    u32::from(byte(text.start)) + u32::from(byte(last))
}
