//! One span model for all protocols. Rows are plain and flat; the strings are
//! in the batch.

use crate::text::{NameId, Text};

/// Which side of a call a span is. SkyWalking's Entry, Exit and Local are
/// `Server`, `Client` and `Internal`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum SpanKind {
    /// Work inside a process.
    #[default]
    Internal,
    /// The callee's side of a call.
    Server,
    /// The caller's side of a call.
    Client,
    /// Puts a message into a queue.
    Producer,
    /// Takes messages out of a queue.
    Consumer,
}

impl SpanKind {
    /// Whether a request enters the process here.
    pub fn is_entry(self) -> bool {
        matches!(self, Self::Server | Self::Consumer)
    }

    /// Whether a request leaves the process here.
    pub fn is_exit(self) -> bool {
        matches!(self, Self::Client | Self::Producer)
    }

    /// SkyWalking's word for it.
    pub fn skywalking_name(self) -> &'static str {
        match self {
            Self::Internal => "Local",
            Self::Server | Self::Consumer => "Entry",
            Self::Client | Self::Producer => "Exit",
        }
    }
}

/// What kind of technology a span is about. Numbers and names are those of
/// SkyWalking's `SpanLayer`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum SpanLayer {
    /// Nothing known.
    #[default]
    Unknown = 0,
    /// A database.
    Database = 1,
    /// An RPC framework.
    RpcFramework = 2,
    /// HTTP.
    Http = 3,
    /// A message queue.
    Mq = 4,
    /// A cache.
    Cache = 5,
    /// A function as a service.
    Faas = 6,
    /// A generative model.
    GenAi = 7,
}

impl SpanLayer {
    /// From the number on the wire; unknown numbers are `Unknown`.
    pub fn from_number(number: i64) -> Self {
        match number {
            1 => Self::Database,
            2 => Self::RpcFramework,
            3 => Self::Http,
            4 => Self::Mq,
            5 => Self::Cache,
            6 => Self::Faas,
            7 => Self::GenAi,
            _ => Self::Unknown,
        }
    }

    /// The protocol's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Database => "Database",
            Self::RpcFramework => "RPCFramework",
            Self::Http => "Http",
            Self::Mq => "MQ",
            Self::Cache => "Cache",
            Self::Faas => "FAAS",
            Self::GenAi => "GenAI",
        }
    }
}

/// How a span ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum Status {
    /// Nobody said; not an error.
    #[default]
    Unset,
    /// Said to be good.
    Ok,
    /// An error.
    Error,
}

/// A run of rows in one of the batch's arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rows {
    /// Index of the first row.
    pub start: u32,
    /// Number of rows.
    pub len: u32,
}

impl Rows {
    /// As a range of indexes.
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.start as usize + self.len as usize
    }
}

/// All spans of one trace that one process sent as a unit. Protocols without
/// segments make one per (trace, resource, scope) of a request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Segment {
    /// Opaque trace id.
    pub trace_id: Text,
    /// Opaque segment id; unique per segment where the protocol has segments.
    pub segment_id: Text,
    /// Service name as it was sent.
    pub service: NameId,
    /// Instance name as it was sent.
    pub instance: NameId,
    /// Its spans, in the order they were sent.
    pub spans: Rows,
    /// Resource attributes.
    pub resource: Rows,
    /// Instrumentation scope name.
    pub scope: Text,
    /// The message as it was received (protobuf), where a segment is a message.
    pub raw: Text,
    /// Whether the client cut spans off because of its own limit.
    pub is_size_limited: bool,
}

/// One span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// Row of its segment in the batch.
    pub segment: u32,
    /// Number within the segment: SkyWalking's span id, else the order of arrival.
    pub number: i32,
    /// Number of the parent within the segment; -1 when it is not there.
    pub parent: i32,
    /// Opaque span id; empty for SkyWalking, where segment id and number are the identity.
    pub id: Text,
    /// Opaque id of the parent; empty for SkyWalking and for roots.
    pub parent_id: Text,
    /// Start, nanoseconds since the Unix epoch.
    pub start: i64,
    /// Duration in nanoseconds; never negative.
    pub duration: i64,
    /// Side of the call.
    pub kind: SpanKind,
    /// Technology.
    pub layer: SpanLayer,
    /// How it ended.
    pub status: Status,
    /// Counts for no metric (SkyWalking `skipAnalysis`).
    pub skip_analysis: bool,
    /// SkyWalking component number; 0 is unknown.
    pub component: i32,
    /// W3C trace flags.
    pub flags: u32,
    /// Operation name as it was sent.
    pub operation: NameId,
    /// Name of the endpoint that was called, where it is not the operation; an empty name
    /// otherwise. Made from attributes on arrival, for the analysis; no store keeps it.
    pub endpoint: NameId,
    /// Remote address or name; an empty name when there is none.
    pub peer: NameId,
    /// Message of the status.
    pub status_message: Text,
    /// W3C tracestate.
    pub trace_state: Text,
    /// Attributes (tags).
    pub attributes: Rows,
    /// Links and SkyWalking references.
    pub links: Rows,
    /// Events (SkyWalking logs).
    pub events: Rows,
}

impl Span {
    /// A span of which nothing is known.
    pub const BLANK: Self = Self {
        segment: 0,
        number: 0,
        parent: 0,
        id: Text::EMPTY,
        parent_id: Text::EMPTY,
        start: 0,
        duration: 0,
        kind: SpanKind::Internal,
        layer: SpanLayer::Unknown,
        status: Status::Unset,
        skip_analysis: false,
        component: 0,
        flags: 0,
        operation: NameId(0),
        endpoint: NameId(0),
        peer: NameId(0),
        status_message: Text::EMPTY,
        trace_state: Text::EMPTY,
        attributes: Rows { start: 0, len: 0 },
        links: Rows { start: 0, len: 0 },
        events: Rows { start: 0, len: 0 },
    };

    /// End, nanoseconds since the Unix epoch.
    pub fn end(&self) -> i64 {
        self.start.saturating_add(self.duration)
    }

    /// The name under which its endpoint counts.
    pub fn endpoint_name(&self) -> NameId {
        if self.endpoint.0 == 0 { self.operation } else { self.endpoint }
    }

    /// Whether the span ended in an error.
    pub fn is_error(&self) -> bool {
        self.status == Status::Error
    }
}

/// A number of eight bytes that may stand at every fourth byte, so that an
/// attribute takes 16 bytes and not 24: there are several per span.
#[derive(Debug, Clone, Copy, PartialEq)]
#[repr(C, packed(4))]
pub struct Packed<T: Copy>(T);

impl<T: Copy> Packed<T> {
    /// The number.
    pub fn get(self) -> T {
        self.0
    }
}

impl<T: Copy> From<T> for Packed<T> {
    fn from(number: T) -> Self {
        Self(number)
    }
}

/// A typed attribute value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// Text.
    Text(Text),
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(Packed<i64>),
    /// A floating-point number.
    Float(Packed<f64>),
    /// Bytes; the place in the buffer need not be UTF-8.
    Bytes(Text),
    /// An array or map, as JSON text.
    Json(Text),
}

/// One attribute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Attribute {
    /// Key.
    pub key: NameId,
    /// Value.
    pub value: Value,
}

const _: () = assert!(size_of::<Attribute>() == 16);

/// How a link relates two spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[repr(u8)]
pub enum LinkKind {
    /// The parent is in another process (SkyWalking `CrossProcess`).
    #[default]
    CrossProcess,
    /// The parent is in another thread of the process (SkyWalking `CrossThread`).
    CrossThread,
    /// Related, but not the parent (OpenTelemetry link, OpenTracing `FollowsFrom`).
    Follows,
}

/// A link to a span of another segment. The names of the parent are what the
/// protocol carried along; empty where it does not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Link {
    /// Relation.
    pub kind: LinkKind,
    /// Trace of the other span.
    pub trace_id: Text,
    /// Segment of the other span.
    pub segment_id: Text,
    /// Number of the other span within its segment; -1 when `span_id` names it.
    pub span_number: i32,
    /// Opaque id of the other span.
    pub span_id: Text,
    /// Service of the parent.
    pub parent_service: NameId,
    /// Instance of the parent.
    pub parent_instance: NameId,
    /// Endpoint of the parent.
    pub parent_endpoint: NameId,
    /// Address under which the parent knew this process.
    pub peer_address: NameId,
    /// Attributes of the link.
    pub attributes: Rows,
}

/// Something that happened during a span.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// When, nanoseconds since the Unix epoch.
    pub time: i64,
    /// Name; empty for SkyWalking logs.
    pub name: Text,
    /// What is known about it.
    pub attributes: Rows,
}
