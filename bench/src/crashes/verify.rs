//! Everything that was acknowledged is there once, and what is there is counted once.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use skytrail_proto::v3::SegmentObject;

use super::ask::{self, Stretch, Told};
use super::book::{Fate, Trace};
use super::expected::{Expected, Series, Subject, Sum};
use super::lanes::Shared;
use super::traffic::{Number, TraceNumber};
use crate::process::Server;

/// Traces of a request.
const AT_ONCE: usize = 50;

/// Faults that are told of each kind.
const TOLD: usize = 10;

/// What must be true.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// Every acknowledged segment is there.
    Acknowledged,
    /// What was there stays.
    Lasting,
    /// Each span of a segment is there once, as it was sent.
    Once,
    /// Nothing is there that nobody sent.
    Sent,
    /// Every value of every metric is that of the segments that are there.
    Metrics,
    /// The calls of the topology are those of the segments that are there.
    Topology,
}

impl Check {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Acknowledged, Self::Lasting, Self::Once, Self::Sent, Self::Metrics, Self::Topology];

    /// What must be true, in words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Acknowledged => "every acknowledged segment is there",
            Self::Lasting => "what was there stays",
            Self::Once => "each span is there once, as it was sent",
            Self::Sent => "nothing is there that nobody sent",
            Self::Metrics => "every metric is exact",
            Self::Topology => "every call is in the topology, and no other",
        }
    }
}

/// What looks found.
#[derive(Debug, Default)]
pub struct Findings {
    /// What is not as it must be.
    pub faults: BTreeMap<Check, Vec<String>>,
    /// Faults that were not told, there being so many.
    pub untold: usize,
    /// Times all of it was looked at.
    pub looks: u32,
    /// Traces that were asked for.
    pub traces: u64,
    /// Segments that nobody had acknowledged and that were found.
    pub unanswered_found: u64,
    /// Values that were compared.
    pub values: u64,
}

impl Findings {
    fn fault(&mut self, check: Check, what: String) {
        let list = self.faults.entry(check).or_default();
        if list.len() < TOLD {
            list.push(what);
        } else {
            self.untold += 1;
        }
    }
}

/// Asks for some traces, and adds what is found to what is expected.
pub async fn of_traces(
    server: &Server,
    book: &Shared,
    traces: &[(TraceNumber, Trace)],
    expected: &mut Expected,
    findings: &mut Findings,
) -> Result<()> {
    for some in traces.chunks(AT_ONCE) {
        let ids: Vec<_> = some.iter().map(|(number, _)| book.open().trace_id(*number)).collect();
        let answers = ask::traces(server, &ids).await?;
        findings.traces += ids.len() as u64;
        for ((number, trace), told) in some.iter().zip(answers) {
            let segments = book.open().segments(*number);
            let counted = of_trace((*number, trace), &segments, told, findings);
            for part in counted {
                if let Some(segment) = segments.get(part) {
                    expected.count(segment);
                }
                book.open().counted(Number { trace: *number, part });
            }
        }
    }
    Ok(())
}

/// Compares a trace with what was told of it; gives the parts found for the first time.
fn of_trace(
    (number, trace): (TraceNumber, &Trace),
    segments: &[SegmentObject],
    told: Vec<Told>,
    findings: &mut Findings,
) -> Vec<usize> {
    let mut by_segment: BTreeMap<String, Vec<Told>> = BTreeMap::new();
    for span in told {
        by_segment.entry(span.segment.clone()).or_default().push(span);
    }
    let mut first_found = Vec::new();
    for (part, (segment, entry)) in segments.iter().zip(trace).enumerate() {
        let id = &segment.trace_segment_id;
        let mut found = by_segment.remove(id).unwrap_or_default();
        found.sort();
        let name = || format!("segment {id}, part {part} of trace {number:?}");
        match (entry.fate, found.is_empty()) {
            (Fate::Unsent, false) => {
                findings.fault(Check::Sent, name());
                continue;
            }
            (Fate::Acknowledged, true) => findings.fault(Check::Acknowledged, name()),
            (Fate::Unanswered, true) if entry.is_counted => {
                findings.fault(Check::Lasting, name());
            }
            _ => {}
        }
        if found.is_empty() {
            continue;
        }
        if found != spans(segment) {
            let spans: Vec<_> = found.iter().map(|span| span.span).collect();
            let wanted = segment.spans.len();
            let what = format!("{}: spans {spans:?} where {wanted} were sent", name());
            findings.fault(Check::Once, what);
        }
        if !entry.is_counted {
            first_found.push(part);
            findings.unanswered_found += u64::from(entry.fate == Fate::Unanswered);
        }
    }
    for id in by_segment.keys() {
        findings.fault(Check::Sent, format!("segment {id} in trace {number:?}"));
    }
    first_found
}

fn spans(segment: &SegmentObject) -> Vec<Told> {
    let spans = segment.spans.iter().map(|span| Told {
        segment: segment.trace_segment_id.clone(),
        span: i64::from(span.span_id),
        service: segment.service.clone(),
        operation: span.operation_name.clone(),
        times: (span.start_time, span.end_time),
    });
    let mut spans: Vec<_> = spans.collect();
    spans.sort();
    spans
}

/// Compares every metric, minute by minute, and who called whom.
pub async fn of_counts(
    server: &Server,
    expected: &Expected,
    stretches: &[Stretch],
    findings: &mut Findings,
) -> Result<()> {
    let all = expected.all();
    let keys: Vec<_> = all.keys().map(|(metric, _, subject)| (*metric, subject)).collect();
    let mut found = vec![BTreeMap::new(); keys.len()];
    for stretch in stretches {
        for (into, more) in found.iter_mut().zip(ask::series(server, &keys, *stretch).await?) {
            into.extend(more);
        }
    }
    for (((metric, sum, subject), wanted), found) in all.iter().zip(found) {
        of_series((metric, *sum, subject), wanted, &found, findings);
    }
    of_edges(server, expected, stretches, findings).await
}

fn of_series(
    (metric, sum, subject): (&str, Sum, &Subject),
    wanted: &Series,
    found: &BTreeMap<i64, i64>,
    findings: &mut Findings,
) {
    let minutes: BTreeSet<_> = wanted.keys().chain(found.keys()).collect();
    for minute in minutes {
        findings.values += 1;
        let wanted = wanted.get(minute).map_or(0, |cell| cell.value(sum));
        let found = found.get(minute).copied().unwrap_or(0);
        if wanted != found {
            let what = format!("{metric} of {subject:?} at {minute}: {found}, not {wanted}");
            findings.fault(Check::Metrics, what);
        }
    }
}

async fn of_edges(
    server: &Server,
    expected: &Expected,
    stretches: &[Stretch],
    findings: &mut Findings,
) -> Result<()> {
    let mut found = BTreeSet::new();
    for stretch in stretches {
        found.extend(ask::edges(server, *stretch).await?);
    }
    let wanted = expected.edges();
    for edge in wanted.difference(&found) {
        findings.fault(Check::Topology, format!("missing: {edge:?}"));
    }
    for edge in found.difference(&wanted) {
        findings.fault(Check::Topology, format!("nobody made it: {edge:?}"));
    }
    Ok(())
}
