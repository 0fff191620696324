//! Many segments in columns, together with the bytes that they point into.

mod spare;

pub use self::spare::{BatchSize, Spare};
use crate::jvm::JvmReport;
use crate::management::InstanceReport;
use crate::span::{Attribute, Event, Link, Rows, Segment, Span, Value};
use crate::text::{Name, NameId, SymbolSpace, Text};

/// Everything that one shard received between two hand-overs, in order of
/// arrival within each kind.
#[derive(Debug, Clone, Default)]
pub struct Batch {
    /// The shard.
    pub shard: u16,
    /// When the batch was closed, nanoseconds since the Unix epoch. Rules that
    /// use the server's time use this one, so that replay does the same again.
    pub arrival: i64,
    /// Segments.
    pub spans: SpanBatch,
    /// What instances said about themselves.
    pub instances: Vec<InstanceReport>,
    /// What Java virtual machines said about themselves.
    pub jvm: Vec<JvmReport>,
}

/// Spans of one shard, in order of arrival. It owns its buffer: nothing in it
/// points outside, so it can be kept, moved and dropped as a whole.
///
/// Invariants, which every decoder upholds: `Rows` and `Text` lie inside their
/// array; `spans[i].segment` is the segment whose `spans` contain `i`; `names`
/// holds each distinct name once, with the empty name at 0.
#[derive(Debug, Clone, Default)]
pub struct SpanBatch {
    /// What symbols of `names` mean.
    pub space: SymbolSpace,
    /// The buffer.
    pub bytes: Vec<u8>,
    /// Distinct names.
    pub names: Vec<Name>,
    /// Segments.
    pub segments: Vec<Segment>,
    /// Spans of all segments.
    pub spans: Vec<Span>,
    /// Attributes of all spans, links, events and resources.
    pub attributes: Vec<Attribute>,
    /// Links of all spans.
    pub links: Vec<Link>,
    /// Events of all spans.
    pub events: Vec<Event>,
    /// Where its buffers are used again.
    pub spare: Spare,
}

/// The name that is always there: the empty one.
pub const NO_NAME: NameId = NameId(0);

impl SpanBatch {
    /// The text at a place; empty when the place is not in the buffer.
    pub fn text(&self, text: Text) -> &str {
        std::str::from_utf8(self.bytes_at(text)).unwrap_or_default()
    }

    /// The bytes at a place; empty when the place is not in the buffer.
    pub fn bytes_at(&self, text: Text) -> &[u8] {
        let start = text.start as usize;
        self.bytes.get(start..start + text.len as usize).unwrap_or_default()
    }

    /// The text of a name.
    pub fn name(&self, name: NameId) -> &str {
        self.names.get(name.0 as usize).map_or("", |name| self.text(name.text))
    }

    /// Whether a name is the empty one.
    pub fn is_blank(&self, name: NameId) -> bool {
        self.names.get(name.0 as usize).is_none_or(|name| name.text.is_empty())
    }

    /// Spans of a segment.
    pub fn spans_of(&self, segment: &Segment) -> &[Span] {
        self.spans.get(segment.spans.range()).unwrap_or_default()
    }

    /// Attributes in a run of rows.
    pub fn attributes_of(&self, rows: Rows) -> &[Attribute] {
        self.attributes.get(rows.range()).unwrap_or_default()
    }

    /// Links of a span.
    pub fn links_of(&self, span: &Span) -> &[Link] {
        self.links.get(span.links.range()).unwrap_or_default()
    }

    /// Events of a span.
    pub fn events_of(&self, span: &Span) -> &[Event] {
        self.events.get(span.events.range()).unwrap_or_default()
    }

    /// The last text value of an attribute of a span, looked up by its key.
    pub fn text_attribute(&self, span: &Span, key: &str) -> Option<&str> {
        let rows = self.attributes_of(span.attributes);
        let found = rows.iter().rev().find(|row| self.name(row.key) == key)?;
        match found.value {
            Value::Text(text) => Some(self.text(text)),
            _ => None,
        }
    }

    /// An attribute value as clients show it.
    pub fn show(&self, value: Value) -> String {
        match value {
            Value::Text(text) | Value::Json(text) => self.text(text).to_owned(),
            Value::Bool(value) => value.to_string(),
            Value::Int(value) => value.get().to_string(),
            Value::Float(value) => value.get().to_string(),
            Value::Bytes(text) => {
                use base64::Engine;
                base64::engine::general_purpose::STANDARD.encode(self.bytes_at(text))
            }
        }
    }

    /// Bytes of memory that the batch keeps alive.
    pub fn memory(&self) -> usize {
        size_of::<Self>()
            + self.bytes.capacity()
            + self.names.capacity() * size_of::<Name>()
            + self.segments.capacity() * size_of::<Segment>()
            + self.spans.capacity() * size_of::<Span>()
            + self.attributes.capacity() * size_of::<Attribute>()
            + self.links.capacity() * size_of::<Link>()
            + self.events.capacity() * size_of::<Event>()
    }

    /// Whether it holds no segment.
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }
}
