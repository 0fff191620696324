//! Time to live: rows are hidden when they are too old, and parts go when all of
//! their rows are.

use std::sync::atomic::Ordering;

use skytrail_base::journal::Position;
use skytrail_model::time::{Downsampling, MINUTE_NANOS, Minute};

use super::core::Core;
use super::evict;
use super::manifest::{Family, Gone, PartEntry};
use super::state::Snapshot;
use super::time::Time;
use crate::error::{Error, Result};

/// How far what is too old may move before it is written, nanoseconds: an hour.
const WRITTEN_EVERY: i64 = 60 * MINUTE_NANOS;

/// Hides and removes what is older than its time to live, if the wall clock is
/// believed, which shows nanoseconds since the Unix epoch. A time before an
/// earlier one changes nothing.
///
/// # Errors
/// The disk refuses.
pub(crate) fn expire(core: &Core, wall: i64) -> Result<()> {
    let believed = match core.config.doubts_clock {
        true => core.time.believed(wall, &**core.folder.fs(), &core.metrics),
        false => Some(wall),
    };
    core.reserve.keep(&**core.folder.fs());
    if let Some(now) = believed {
        core.with_reserve(|| by_age(core, now))?;
    }
    while core.with_reserve(|| evict::evict(core))? {}
    Ok(())
}

fn by_age(core: &Core, now: i64) -> Result<()> {
    let latest = core.told.fetch_max(now, Ordering::AcqRel).max(now);
    let gone = later(core, now);
    core.mutable.expire_entities(Minute(gone.minutes_before));
    // A day of 25 hours is over when its last minute is old.
    core.mutable.expire_tags(Minute::of_nanos(gone.records_before).plus(-25 * 60));
    let position = core.manifest.lock().checkpoint.as_ref().map_or(0, |entry| entry.position);
    // What went is to stay away after a crash, too.
    let (name, bytes) = Time::blob(now, latest);
    let committed = core.mutable.commit_with(Position(position), &[(name, &bytes)]);
    committed.map_err(|error| Error::mutable(&error))?;
    let is_old = |entry: &PartEntry| is_old(core, &gone, entry);
    let is_due = {
        let manifest = core.manifest.lock();
        let moved = gone.records_before.saturating_sub(manifest.gone.records_before);
        moved >= WRITTEN_EVERY || manifest.parts.iter().any(is_old)
    };
    if !is_due {
        core.forget(&gone);
        return Ok(());
    }
    tell(core, is_old);
    core.edit(&[], None, |manifest, version| {
        manifest.gone.raise(&gone);
        let old = manifest.take(is_old);
        old.iter().for_each(|entry| count(&mut manifest.gone, entry));
        version.parts.forget(&old);
    })
}

/// Says what is about to go.
fn tell(core: &Core, is_old: impl Fn(&PartEntry) -> bool) {
    let (mut parts, mut rows, mut bytes) = (0_u64, 0_u64, 0_u64);
    let manifest = core.manifest.lock();
    for entry in manifest.parts.iter().filter(|entry| is_old(entry)) {
        (parts, rows, bytes) = (parts + 1, rows + entry.rows, bytes + entry.bytes);
    }
    if parts > 0 {
        tracing::info!(parts, rows, bytes, "parts whose time to live is over are removed");
    }
}

/// What is too old at a time; nothing that was is young again.
fn later(core: &Core, now: i64) -> Gone {
    let snapshot = core.state.snapshot();
    let (before, kept) = (snapshot.version.gone, core.retention());
    let minute = |ttl: i64| now.saturating_sub(ttl).div_euclid(MINUTE_NANOS);
    let records_before = before.records_before.max(now.saturating_sub(kept.record_ttl));
    Gone {
        records_before,
        minutes_before: before.minutes_before.max(minute(kept.metric_ttl)),
        hours_before: before.hours_before.max(minute(kept.hour_ttl)),
        days_before: before.days_before.max(minute(kept.day_ttl)),
        spans_gone_to: before.spans_gone_to.max(last_before(&snapshot, records_before)),
        ..before
    }
}

/// The latest start of a segment before a time; for parts that reach over it, the
/// time itself.
fn last_before(snapshot: &Snapshot, before: i64) -> Option<i64> {
    let parts = snapshot.version.parts.spans.iter().filter(|part| part.entry.first < before);
    let parts = parts.map(|part| part.entry.last.min(before.saturating_sub(1))).max();
    let rows = snapshot.generations.iter().filter_map(|rows| rows.spans.last_before(before)).max();
    parts.max(rows)
}

fn is_old(core: &Core, gone: &Gone, entry: &PartEntry) -> bool {
    let last = Minute::of_nanos(entry.age);
    let ended = |size: Downsampling| core.zone.next_bucket(size, core.zone.bucket(size, last)).0;
    match entry.family {
        Family::Spans | Family::Records => entry.age < gone.records_before,
        Family::FoldedMinutes | Family::Relations => last.0 < gone.minutes_before,
        // Its hours and days are nowhere else.
        Family::Minutes => {
            let is_minute_old = last.0 < gone.minutes_before;
            let is_hour_old = ended(Downsampling::Hour) <= gone.hours_before;
            is_minute_old && is_hour_old && ended(Downsampling::Day) <= gone.days_before
        }
        Family::Hours => ended(Downsampling::Hour) <= gone.hours_before,
        Family::Days => ended(Downsampling::Day) <= gone.days_before,
    }
}

fn count(gone: &mut Gone, entry: &PartEntry) {
    let rows = match entry.family {
        Family::Spans => &mut gone.spans,
        Family::Relations => &mut gone.relations,
        Family::Records => &mut gone.records,
        Family::Minutes | Family::FoldedMinutes | Family::Hours | Family::Days => &mut gone.metrics,
    };
    *rows += entry.rows;
}
