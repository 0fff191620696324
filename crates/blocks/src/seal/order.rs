//! The segments of a block, in its order.

use crate::open::SegmentRow;
use crate::summary::{ServiceRows, Summary};

/// Segments by service, then start, then arrival.
pub(super) fn in_order(segments: &[SegmentRow]) -> Vec<&SegmentRow> {
    let places = (0_u32..).zip(segments);
    let mut order: Vec<_> =
        places.map(|(place, segment)| (segment.service, segment.start, place)).collect();
    order.sort_unstable();
    order.into_iter().filter_map(|(_, _, place)| segments.get(place as usize)).collect()
}

pub(super) fn summarise(block: &[&SegmentRow]) -> Summary {
    let mut summary = Summary { segments: block.len() as u32, ..Summary::default() };
    if let Some(first) = block.first() {
        summary.earliest = first.start;
        (summary.latest, summary.longest) = (first.start, first.duration);
    }
    for (row, segment) in (0..).zip(block) {
        summary.spans += u64::from(segment.spans);
        summary.earliest = summary.earliest.min(segment.start);
        summary.latest = summary.latest.max(segment.start);
        summary.longest = summary.longest.max(segment.duration);
        if summary.services.last().is_none_or(|last| last.service != segment.service) {
            summary.services.push(ServiceRows {
                service: segment.service,
                rows: row..row,
                errors: 0,
                longest: i64::MIN,
            });
        }
        if let Some(last) = summary.services.last_mut() {
            last.rows.end = row + 1;
            last.errors += u32::from(segment.is_error);
            last.longest = last.longest.max(segment.duration);
        }
    }
    summary.services.shrink_to_fit();
    summary
}
