//! A segment in words.

use super::span::SpanSpec;
use super::value::ValueSpec;

/// A segment. Start with [`segment`].
#[derive(Debug, Clone, PartialEq)]
pub struct SegmentSpec {
    /// Trace id.
    pub trace_id: String,
    /// Segment id.
    pub segment_id: String,
    /// Service name.
    pub service: String,
    /// Instance name.
    pub instance: String,
    /// Spans.
    pub spans: Vec<SpanSpec>,
    /// Resource attributes.
    pub resource: Vec<(String, ValueSpec)>,
    /// Instrumentation scope name.
    pub scope: String,
    /// Whether the client cut spans off.
    pub is_size_limited: bool,
}

/// A segment of service `service` and instance `instance`, without spans.
pub fn segment(trace_id: impl Into<String>, segment_id: impl Into<String>) -> SegmentSpec {
    SegmentSpec {
        trace_id: trace_id.into(),
        segment_id: segment_id.into(),
        service: "service".to_owned(),
        instance: "instance".to_owned(),
        spans: Vec::new(),
        resource: Vec::new(),
        scope: String::new(),
        is_size_limited: false,
    }
}

impl SegmentSpec {
    /// Sent by an instance of a service.
    #[must_use]
    pub fn of(mut self, service: &str, instance: &str) -> Self {
        service.clone_into(&mut self.service);
        instance.clone_into(&mut self.instance);
        self
    }

    /// Adds spans. A span that was given no number gets that of its place; one
    /// that was given no parent hangs under span 0, span 0 under nothing.
    #[must_use]
    pub fn with(mut self, spans: impl IntoIterator<Item = SpanSpec>) -> Self {
        for mut span in spans {
            let number = *span.number.get_or_insert(self.spans.len() as i32);
            span.parent.get_or_insert(if number == 0 { -1 } else { 0 });
            self.spans.push(span);
        }
        self
    }

    /// Adds a resource attribute.
    #[must_use]
    pub fn resource(mut self, key: &str, value: impl Into<ValueSpec>) -> Self {
        self.resource.push((key.to_owned(), value.into()));
        self
    }

    /// Sets the instrumentation scope.
    #[must_use]
    pub fn scope(mut self, name: &str) -> Self {
        name.clone_into(&mut self.scope);
        self
    }

    /// Says that the client cut spans off.
    #[must_use]
    pub fn size_limited(mut self) -> Self {
        self.is_size_limited = true;
        self
    }
}
