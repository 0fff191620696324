//! A span in words.

use skytrail_model::span::{SpanKind, SpanLayer, Status};

use super::link::LinkSpec;
use super::value::ValueSpec;

/// Something that happened during a span.
#[derive(Debug, Clone, PartialEq)]
pub struct EventSpec {
    /// When, nanoseconds since the Unix epoch.
    pub time: i64,
    /// Name; empty for SkyWalking logs.
    pub name: String,
    /// What is known about it.
    pub attributes: Vec<(String, ValueSpec)>,
}

/// A span. Start with [`entry`], [`exit`], [`local`], [`producer`] or [`consumer`].
#[derive(Debug, Clone, PartialEq)]
pub struct SpanSpec {
    /// Number within the segment; set by the segment where it is none.
    pub number: Option<i32>,
    /// Number of the parent; set by the segment where it is none.
    pub parent: Option<i32>,
    /// Opaque id.
    pub id: String,
    /// Opaque id of the parent.
    pub parent_id: String,
    /// Start, nanoseconds since the Unix epoch.
    pub start: i64,
    /// Duration, nanoseconds.
    pub duration: i64,
    /// Side of the call.
    pub kind: SpanKind,
    /// Technology.
    pub layer: SpanLayer,
    /// How it ended.
    pub status: Status,
    /// Message of the status.
    pub status_message: String,
    /// Counts for no metric.
    pub skip_analysis: bool,
    /// Component number.
    pub component: i32,
    /// W3C trace flags.
    pub flags: u32,
    /// W3C tracestate.
    pub trace_state: String,
    /// Operation name.
    pub operation: String,
    /// Remote address or name.
    pub peer: String,
    /// Attributes.
    pub attributes: Vec<(String, ValueSpec)>,
    /// Links and references.
    pub links: Vec<LinkSpec>,
    /// Events and logs.
    pub events: Vec<EventSpec>,
}

fn span(kind: SpanKind, layer: SpanLayer, operation: &str) -> SpanSpec {
    SpanSpec {
        number: None,
        parent: None,
        id: String::new(),
        parent_id: String::new(),
        start: 0,
        duration: 0,
        kind,
        layer,
        status: Status::Unset,
        status_message: String::new(),
        skip_analysis: false,
        component: 0,
        flags: 0,
        trace_state: String::new(),
        operation: operation.to_owned(),
        peer: String::new(),
        attributes: Vec::new(),
        links: Vec::new(),
        events: Vec::new(),
    }
}

/// A request that enters: `Server`, layer HTTP.
pub fn entry(operation: impl AsRef<str>) -> SpanSpec {
    span(SpanKind::Server, SpanLayer::Http, operation.as_ref())
}

/// A request that leaves: `Client`, layer HTTP.
pub fn exit(operation: impl AsRef<str>) -> SpanSpec {
    span(SpanKind::Client, SpanLayer::Http, operation.as_ref())
}

/// Work inside the process.
pub fn local(operation: impl AsRef<str>) -> SpanSpec {
    span(SpanKind::Internal, SpanLayer::Unknown, operation.as_ref())
}

/// A message that leaves: `Producer`, layer MQ.
pub fn producer(operation: impl AsRef<str>) -> SpanSpec {
    span(SpanKind::Producer, SpanLayer::Mq, operation.as_ref())
}

/// Messages that enter: `Consumer`, layer MQ.
pub fn consumer(operation: impl AsRef<str>) -> SpanSpec {
    span(SpanKind::Consumer, SpanLayer::Mq, operation.as_ref())
}

impl SpanSpec {
    /// Sets the number within the segment.
    #[must_use]
    pub fn number(mut self, number: i32) -> Self {
        self.number = Some(number);
        self
    }

    /// Sets the parent by its number; -1 is none.
    #[must_use]
    pub fn under(mut self, parent: i32) -> Self {
        self.parent = Some(parent);
        self
    }

    /// Sets the opaque ids of the span and its parent.
    #[must_use]
    pub fn ids(mut self, id: &str, parent_id: &str) -> Self {
        id.clone_into(&mut self.id);
        parent_id.clone_into(&mut self.parent_id);
        self
    }

    /// Starts at an instant, nanoseconds since the Unix epoch.
    #[must_use]
    pub fn at(mut self, start: i64) -> Self {
        self.start = start;
        self
    }

    /// Lasts so many nanoseconds.
    #[must_use]
    pub fn lasting(mut self, duration: i64) -> Self {
        self.duration = duration;
        self
    }

    /// Sets the technology.
    #[must_use]
    pub fn layer(mut self, layer: SpanLayer) -> Self {
        self.layer = layer;
        self
    }

    /// Ends in an error.
    #[must_use]
    pub fn failed(mut self) -> Self {
        self.status = Status::Error;
        self
    }

    /// Sets how it ended, with a message.
    #[must_use]
    pub fn status(mut self, status: Status, message: &str) -> Self {
        self.status = status;
        message.clone_into(&mut self.status_message);
        self
    }

    /// Counts for no metric.
    #[must_use]
    pub fn skipped(mut self) -> Self {
        self.skip_analysis = true;
        self
    }

    /// Sets the component number.
    #[must_use]
    pub fn component(mut self, number: i32) -> Self {
        self.component = number;
        self
    }

    /// Sets W3C trace flags and tracestate.
    #[must_use]
    pub fn w3c(mut self, flags: u32, trace_state: &str) -> Self {
        self.flags = flags;
        trace_state.clone_into(&mut self.trace_state);
        self
    }

    /// Sets the remote address or name.
    #[must_use]
    pub fn peer(mut self, peer: &str) -> Self {
        peer.clone_into(&mut self.peer);
        self
    }

    /// Adds an attribute.
    #[must_use]
    pub fn tag(mut self, key: &str, value: impl Into<ValueSpec>) -> Self {
        self.attributes.push((key.to_owned(), value.into()));
        self
    }

    /// Adds a link.
    #[must_use]
    pub fn linked(mut self, link: LinkSpec) -> Self {
        self.links.push(link);
        self
    }

    /// Adds an event; an empty name makes it a SkyWalking log.
    #[must_use]
    pub fn event(mut self, time: i64, name: &str, attributes: &[(&str, &str)]) -> Self {
        let attributes = attributes.iter().map(|(key, value)| ((*key).to_owned(), (*value).into()));
        self.events.push(EventSpec {
            time,
            name: name.to_owned(),
            attributes: attributes.collect(),
        });
        self
    }
}
