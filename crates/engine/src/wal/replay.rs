//! Reads the log from a position on.

use std::ops::RangeInclusive;

use skytrail_base::journal::{JournalError, Position, Record};

use super::intake::{Intake, refusal};
use super::segment::Segment;

/// Whoever takes records says false when it has enough.
type Take<'t> = dyn FnMut(Position, Record<'_>) -> bool + Send + 't;

/// Gives what is durable to `take`. What the disk lost is counted and told in
/// the log of the server, and passed.
pub(super) fn replay(intake: &Intake, from: u64, take: &mut Take<'_>) -> Result<(), JournalError> {
    // Until it is certain that the disk has what was found, a crash could still take it away.
    intake.doubt()?;
    let segments: Vec<Segment> = intake.chain.lock().segments.iter().cloned().collect();
    let mut next = from.max(1);
    for segment in &segments {
        if segment.last < next {
            continue;
        }
        if !one(intake, segment, &mut next, take)? {
            return Ok(());
        }
    }
    Ok(())
}

/// Whether more is wanted behind this segment.
fn one(
    intake: &Intake,
    segment: &Segment,
    next: &mut u64,
    take: &mut Take<'_>,
) -> Result<bool, JournalError> {
    let file = || intake.fs.describe(&segment.blank.path);
    let failed = |error| refusal(&format!("cannot read {}: {error}", file()));
    if *next <= segment.header.previous_end {
        lost(intake, &file(), *next..=segment.header.previous_end);
    }
    // What was given up was never durable, and is missed by nobody.
    *next = (*next).max(segment.header.first.min(segment.last.saturating_add(1)));
    let mut scan = segment.scan();
    while *next <= segment.last {
        let Some(found) = scan.next().map_err(failed)? else { break };
        let (position, Some(record)) = (found.position, found.record) else { continue };
        if position < *next || position > segment.last {
            continue;
        }
        if position > *next {
            lost(intake, &file(), *next..=position - 1);
        }
        *next = position.saturating_add(1);
        if !take(Position(position), record) {
            return Ok(false);
        }
    }
    if *next <= segment.last {
        lost(intake, &file(), *next..=segment.last);
        *next = segment.last.saturating_add(1);
    }
    Ok(true)
}

fn lost(intake: &Intake, file: &str, positions: RangeInclusive<u64>) {
    let (first, last) = positions.into_inner();
    let count = (last - first).saturating_add(1);
    intake.metrics.damaged.inc_by(count);
    tracing::error!(
        file,
        first,
        last,
        count,
        "records of the log are damaged; what they held is lost unless clients send it again"
    );
}
