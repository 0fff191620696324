//! All of one trace.

use std::sync::Arc;

use skytrail_blocks::{Block, trace_hash};
use skytrail_storage::rows::{Gather, KeptBatch};
use skytrail_storage::{Error, ErrorKind, Result, SegmentEntry, TraceAnswer};

use super::SpanPart;
use super::encoded::Encoded;
use crate::store::core::Core;
use crate::store::state::Snapshot;

/// Where a trace is, or may be.
struct Places {
    rows: Vec<(Arc<KeptBatch>, SegmentEntry)>,
    encoded: Vec<Arc<Encoded>>,
    parts: Vec<Arc<SpanPart>>,
    /// Segments that started before are too old.
    before: i64,
}

pub(super) async fn trace(
    core: &Arc<Core>,
    trace_id: &str,
    max_spans: usize,
) -> Result<TraceAnswer> {
    let places = find(&core.state.snapshot(), trace_id);
    if places.encoded.is_empty() && places.parts.is_empty() {
        // Nothing is read, so nobody else has to wait for it.
        return gather(&places, trace_id, max_spans);
    }
    let wanted = trace_id.to_owned();
    let found = tokio::task::spawn_blocking(move || gather(&places, &wanted, max_spans)).await;
    found.map_err(|_| Error::new(ErrorKind::Unavailable, "reading a trace was cut off"))?
}

fn find(snapshot: &Snapshot, trace_id: &str) -> Places {
    let hash = trace_hash(trace_id.as_bytes());
    let mut places = Places {
        rows: Vec::new(),
        encoded: Vec::new(),
        parts: snapshot.version.spans.clone(),
        before: snapshot.version.gone.records_before,
    };
    for generation in &snapshot.generations {
        generation.spans.rows.look(|layers| {
            let rows = layers.closed.iter().map(AsRef::as_ref).chain([&layers.open]);
            places.rows.extend(rows.flat_map(|rows| rows.of_trace(trace_id)));
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

fn gather(places: &Places, trace_id: &str, max_spans: usize) -> Result<TraceAnswer> {
    let hash = trace_hash(trace_id.as_bytes());
    let mut gather = Gather::new(trace_id, max_spans);
    for (kept, entry) in &places.rows {
        if entry.start >= places.before {
            gather.offer(kept.batch(), entry);
        }
    }
    let mut read = |block: &Block, told: &dyn Fn() -> String| -> Result<()> {
        let format = |error| crate::error::Error::format(told(), &error);
        let Some(mut spans) = block.trace(trace_id).map_err(format)? else { return Ok(()) };
        spans.entries.retain(|entry| entry.start >= places.before);
        gather.offer_all(&spans);
        Ok(())
    };
    for encoded in &places.encoded {
        if let Encoded::Sealed { sealed, .. } = &**encoded {
            read(&sealed.block(), &|| "a block in memory".to_owned())?;
        }
    }
    for part in &places.parts {
        let told = || part.file.describe();
        let format = |error| crate::error::Error::format(told(), &error);
        for number in part.part.blocks_of(hash).map_err(format)? {
            read(&part.part.block(number).map_err(format)?, &told)?;
        }
    }
    Ok(gather.finish())
}
