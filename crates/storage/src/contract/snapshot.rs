//! All that is under the cut of a checkpoint, read back.

use skytrail_model::record::{TopRecord, TopStream};
use skytrail_model::relation::RelationRow;
use skytrail_model::time::{Downsampling, Minute};

use super::build::{SegmentSpec, read};
use super::data::{Rows, any_segment, calls, every, read_calls, read_rows};
use super::records::slowest;
use crate::error::Result;
use crate::rows::Gather;
use crate::spi::{RecordRead, SegmentSummary, Storage};

/// Everything that the families under the cut answer.
#[derive(Debug, PartialEq)]
pub(super) struct Snapshot {
    minutes: Rows,
    hours: Rows,
    days: Rows,
    calls: Vec<RelationRow>,
    found: Vec<SegmentSummary>,
    traces: Vec<SegmentSpec>,
    records: Vec<TopRecord>,
}

/// Reads everything that lies in `from..=to`, which are starts of days.
pub(super) async fn snapshot(store: &dyn Storage, from: Minute, to: Minute) -> Result<Snapshot> {
    let found = store.spans().search(&any_segment(), None, 100_000).await?.segments;
    let mut ids: Vec<_> = found.iter().map(|one| one.segment.trace_id.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut traces = Vec::new();
    for id in ids {
        let answer = Gather::whole(store.spans(), &id, 100_000).await?;
        traces.extend(answer.parts.iter().flat_map(|part| read(&part.batch)));
    }
    let mut records = Vec::new();
    for stream in TopStream::ALL {
        records.extend(store.records().top(&RecordRead { stream, ..slowest() }).await?.0);
    }
    Ok(Snapshot {
        minutes: read_rows(store, &every(Downsampling::Minute, from, to)).await?,
        hours: read_rows(store, &every(Downsampling::Hour, from, to)).await?,
        days: read_rows(store, &every(Downsampling::Day, from, to)).await?,
        calls: read_calls(store, &calls(from, to)).await?,
        found,
        traces,
        records,
    })
}
