//! One side of a call while it waits.

use skytrail_model::span::{Segment, Span, SpanLayer};
use skytrail_model::time::Minute;
use xxhash_rust::xxh3::Xxh3;

use crate::checkpoint::{Reader, put_signed, put_text};
use crate::error::Result;
use crate::oal::event::{Event, call};
use crate::source::Sources;

/// Who a span belongs to and what it counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Side {
    pub(super) service: String,
    pub(super) instance: String,
    /// The operation of the callee, or the endpoint from which the caller called.
    pub(super) endpoint: String,
    /// The address that a caller called; empty when it said none.
    pub(super) peer: String,
    pub(super) minute: i64,
    /// Microseconds.
    pub(super) latency: i64,
    pub(super) is_success: bool,
    pub(super) http_status: i64,
    pub(super) request_type: i64,
    pub(super) component: i32,
    /// Number of the span's layer.
    pub(super) layer: u8,
}

impl Side {
    pub(super) fn of(
        sources: &Sources<'_>,
        segment: &Segment,
        span: &Span,
        endpoint: &str,
        event: &Event<'_>,
    ) -> Self {
        let batch = sources.batch;
        Self {
            service: batch.name(segment.service).to_owned(),
            instance: batch.name(segment.instance).to_owned(),
            endpoint: endpoint.to_owned(),
            peer: batch.name(span.peer).to_owned(),
            minute: Minute::of_nanos(span.start).0,
            latency: event.number(call::LATENCY),
            is_success: event.number(call::STATUS) != 0,
            http_status: event.number(call::HTTP_STATUS),
            request_type: event.number(call::TYPE),
            component: span.component,
            layer: span.layer as u8,
        }
    }

    /// The event again, without tags, which relations do not have.
    pub(super) fn event(&self) -> Event<'static> {
        let mut event = Event::empty();
        event.set(call::LATENCY, self.latency);
        event.set(call::STATUS, i64::from(self.is_success));
        event.set(call::HTTP_STATUS, self.http_status);
        event.set(call::TYPE, self.request_type);
        event.set(call::COMPONENT, i64::from(self.component));
        event
    }

    pub(super) fn span_layer(&self) -> SpanLayer {
        SpanLayer::from_number(i64::from(self.layer))
    }

    /// As bytes of a checkpoint.
    pub(super) fn put(&self, into: &mut Vec<u8>) {
        for text in [&self.service, &self.instance, &self.endpoint, &self.peer] {
            put_text(into, text);
        }
        let component = i64::from(self.component);
        for number in [self.minute, self.latency, self.http_status, self.request_type, component] {
            put_signed(into, number);
        }
        into.extend([u8::from(self.is_success), self.layer]);
    }

    /// What [`Self::put`] wrote.
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self> {
        Ok(Self {
            service: reader.text()?.to_owned(),
            instance: reader.text()?.to_owned(),
            endpoint: reader.text()?.to_owned(),
            peer: reader.text()?.to_owned(),
            minute: reader.signed()?,
            latency: reader.signed()?,
            http_status: reader.signed()?,
            request_type: reader.signed()?,
            component: reader.signed()? as i32,
            is_success: reader.byte()? != 0,
            layer: reader.byte()?,
        })
    }

    pub(super) fn weight(&self) -> usize {
        let texts =
            self.service.len() + self.instance.len() + self.endpoint.len() + self.peer.len();
        // The entry, its place in the queue and its share of the table.
        texts + size_of::<Self>() + 96
    }
}

/// Identifies a span within its trace. A collision of 128 bits pairs two
/// strangers; nobody can make one for a trace that is not his own.
pub(crate) type PairKey = u128;

/// The key of a span id in a trace.
pub(super) fn pair_key(trace: &str, span: &str) -> PairKey {
    let mut hash = Xxh3::new();
    hash.update(&(trace.len() as u64).to_le_bytes());
    hash.update(trace.as_bytes());
    hash.update(span.as_bytes());
    hash.digest128()
}
