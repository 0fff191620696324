//! What goes wrong in a service: exceptions by their kind.

use std::collections::BTreeMap;

use skytrail_model::batch::SpanBatch;
use skytrail_model::span::{Event, Span};
use skytrail_storage::{Order, SegmentEntry, SpanAppend, TraceState};

use crate::context::Ctx;
use crate::error::Result;
use crate::query::Query;
use crate::search::TraceCondition;
use crate::time::Range;
use crate::trace::SEGMENT_BYTES;

/// Failed segments that are looked at, at most: the newest.
const MOST_SEGMENTS: usize = 100;

/// Kinds of an answer, at most.
const MOST_KINDS: usize = 30;

/// Characters of a message that are told; two messages that are alike up to here are one.
const MESSAGE: usize = 200;

/// Keys that name the kind of an exception, of which the first that is there counts.
const KINDS: [&str; 2] = ["error.kind", "exception.type"];

/// Keys of its message.
const MESSAGES: [&str; 2] = ["message", "exception.message"];

/// Exceptions of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceError {
    /// Name of the kind; the operation that failed where no event says more.
    pub exception: String,
    /// Its message, the end left out; of the newest.
    pub message: String,
    /// How often, in what was looked at.
    pub count: usize,
    /// The first time, milliseconds since the Unix epoch.
    pub first: i64,
    /// The last time.
    pub last: i64,
    /// A trace it happened in: the newest.
    pub trace_id: String,
}

/// Exceptions by kind and message.
type Kinds = BTreeMap<(String, String), ServiceError>;

impl Query {
    /// What went wrong in a service, most often first: the exceptions of the newest hundred of its
    /// failed segments.
    pub(super) async fn service_errors(
        &self,
        ctx: &Ctx,
        service: &str,
        range: &Range,
    ) -> Result<Vec<ServiceError>> {
        let condition = TraceCondition {
            range: *range,
            service: Some(service.to_owned()),
            instance: None,
            endpoint: None,
            state: TraceState::Error,
            min: None,
            max: None,
            tags: Vec::new(),
            keyword: None,
        };
        let filter = condition.filter(Order::Start)?;
        let mut working = ctx.working();
        working.set(MOST_SEGMENTS * (SEGMENT_BYTES + 1_024))?;
        let page = self.storage.spans().search(&filter, None, MOST_SEGMENTS).await?;
        ctx.charge(usize::try_from(page.examined).unwrap_or(usize::MAX))?;
        if page.next.is_some() || !page.complete {
            ctx.note_incomplete();
        }
        let mut kinds = Kinds::new();
        for found in &page.segments {
            let (trace_id, segment_id) = (&found.segment.trace_id, &found.segment.segment_id);
            let mut charged = Ok(());
            let mut take = |window: SpanAppend| {
                charged = ctx.charge(window.batch.spans.len());
                let batch = &*window.batch;
                let is_it = |entry: &&SegmentEntry| {
                    let segment = batch.segments.get(entry.segment as usize);
                    segment.is_some_and(|segment| batch.text(segment.segment_id) == segment_id)
                };
                let segments = window.entries.iter().filter(is_it);
                let mut seen = false;
                for entry in segments {
                    let Some(segment) = batch.segments.get(entry.segment as usize) else {
                        continue;
                    };
                    seen = true;
                    for span in batch.spans_of(segment).iter().filter(|span| span.is_error()) {
                        add(&mut kinds, batch, span, trace_id);
                    }
                }
                charged.is_ok() && !seen
            };
            let completeness = self.storage.spans().trace(trace_id, &mut take).await?;
            charged?;
            ctx.note(completeness);
        }
        let mut errors: Vec<ServiceError> = kinds.into_values().collect();
        errors.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| b.last.cmp(&a.last)));
        errors.truncate(MOST_KINDS);
        Ok(errors)
    }
}

/// Counts what a failed span tells.
fn add(kinds: &mut Kinds, batch: &SpanBatch, span: &Span, trace_id: &str) {
    let mut told = batch.events_of(span).iter().filter_map(|event| exception(batch, event));
    let (exception, message) = told.next().unwrap_or_else(|| {
        (batch.name(span.operation).to_owned(), batch.text(span.status_message).to_owned())
    });
    let message: String = message.chars().take(MESSAGE).collect();
    let at = span.end().div_euclid(1_000_000);
    let new = || ServiceError {
        exception: exception.clone(),
        message: message.clone(),
        count: 0,
        first: at,
        last: at,
        trace_id: trace_id.to_owned(),
    };
    let kind = kinds.entry((exception.clone(), message.clone())).or_insert_with(new);
    kind.count += 1;
    kind.first = kind.first.min(at);
    if at > kind.last {
        kind.last = at;
        trace_id.clone_into(&mut kind.trace_id);
    }
}

/// Kind and message of an exception.
fn exception(batch: &SpanBatch, event: &Event) -> Option<(String, String)> {
    let rows = batch.attributes_of(event.attributes);
    let value = |keys: &[&str]| {
        let mut found = keys.iter().filter_map(|key| {
            let row = rows.iter().find(|row| batch.name(row.key) == *key)?;
            Some(batch.show(row.value))
        });
        found.next()
    };
    Some((value(&KINDS)?, value(&MESSAGES).unwrap_or_default()))
}
