//! All of one trace.

use std::sync::Arc;

use skytrail_blocks::trace_hash;
use skytrail_storage::rows::{Gather, KeptBatch};
use skytrail_storage::{Result, SegmentEntry, SpanAppend, TraceAnswer};

use crate::store::blocking::blocking;
use crate::store::core::Core;
use crate::store::part::SpanPart;
use crate::store::rows::Encoded;
use crate::store::state::Snapshot;

/// Where a trace is, or may be.
struct Places {
    rows: Vec<(Arc<KeptBatch>, SegmentEntry)>,
    encoded: Vec<Arc<Encoded>>,
    parts: Vec<Arc<SpanPart>>,
    /// Segments that started before are too old.
    before: i64,
    /// Whether a part that could not be read may have held some of it.
    is_doubtful: bool,
}

pub(super) async fn trace(
    core: &Arc<Core>,
    trace_id: &str,
    max_spans: usize,
) -> Result<TraceAnswer> {
    let places = find(&core.state.snapshot(), trace_id);
    if places.encoded.is_empty() && places.parts.is_empty() {
        // Nothing is read, so nobody else has to wait for it.
        return gather(core, &places, trace_id, max_spans);
    }
    let (core, wanted) = (core.clone(), trace_id.to_owned());
    blocking("reading a trace", move || gather(&core, &places, &wanted, max_spans)).await
}

fn find(snapshot: &Snapshot, trace_id: &str) -> Places {
    let (hash, gone) = (trace_hash(trace_id.as_bytes()), &snapshot.version.gone);
    let mut places = Places {
        rows: Vec::new(),
        encoded: Vec::new(),
        parts: snapshot.version.parts.spans.clone(),
        before: gone.records_before,
        is_doubtful: gone.spans_lost_to.is_some_and(|lost_to| lost_to >= gone.records_before),
    };
    for generation in &snapshot.generations {
        generation.spans.rows.look(|layers| {
            places.rows.extend(layers.rows().flat_map(|rows| rows.of_trace(trace_id)));
            for encoded in &layers.parts {
                match &**encoded {
                    Encoded::Part(part) => places.parts.push(part.clone()),
                    Encoded::Sealed { sealed, .. } if sealed.may_hold(hash) => {
                        places.encoded.push(encoded.clone());
                    }
                    Encoded::Sealed { .. } => {}
                }
            }
        });
    }
    places
}

fn gather(core: &Core, places: &Places, trace_id: &str, max_spans: usize) -> Result<TraceAnswer> {
    let mut gather = Gather::new(trace_id, max_spans);
    for (kept, entry) in &places.rows {
        if entry.start >= places.before {
            gather.offer(kept.batch(), entry);
        }
    }
    let mut offer = |spans: Option<SpanAppend>| {
        if let Some(mut spans) = spans {
            spans.entries.retain(|entry| entry.start >= places.before);
            gather.offer_all(&spans);
        }
    };
    for encoded in &places.encoded {
        if let Encoded::Sealed { sealed, .. } = &**encoded {
            let found = sealed.block().trace(trace_id);
            let told = |error| crate::error::Error::format("a block in memory", &error);
            offer(found.map_err(told)?);
        }
    }
    let hash = trace_hash(trace_id.as_bytes());
    let mut is_damaged = places.is_doubtful;
    for part in &places.parts {
        let found = in_part(part, hash, trace_id);
        match core.suspects.judge(part, found)? {
            Some(found) => found.into_iter().for_each(|spans| offer(Some(spans))),
            None => is_damaged = true,
        }
    }
    let mut answer = gather.finish();
    answer.truncated |= is_damaged;
    Ok(answer)
}

/// What a part holds of a trace, by block.
fn in_part(
    part: &SpanPart,
    hash: u64,
    trace_id: &str,
) -> skytrail_columns::Result<Vec<SpanAppend>> {
    let mut found = Vec::new();
    for number in part.part.blocks_of(hash)? {
        found.extend(part.part.block(number)?.trace(trace_id)?);
    }
    Ok(found)
}
