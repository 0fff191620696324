//! What a message may hold, and what happens when it holds more.

/// Limits of one segment, or of the spans of one resource. A segment over
/// `message_bytes`, `spans`, `rows` or `id_bytes` is refused whole, because what
/// was left of it would be another trace; of a resource the spans beyond `spans`
/// and `rows` are left out. Over any other limit a message is kept and cut: a text
/// is cut on a character boundary, surplus attributes, events and links are left
/// out, and each cut is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the message.
    pub message_bytes: u32,
    /// Spans.
    pub spans: u32,
    /// Attributes, events and links of all spans together.
    pub rows: u32,
    /// Bytes of a trace or segment id.
    pub id_bytes: u32,
    /// Attributes of a span, and of one event.
    pub attributes: u32,
    /// Events of a span.
    pub events: u32,
    /// Links (references) of a span.
    pub links: u32,
    /// Bytes of an attribute key.
    pub key_bytes: u32,
    /// Bytes of an attribute value.
    pub value_bytes: u32,
    /// Bytes of the value of `db.statement` and of an event's attribute.
    pub long_value_bytes: u32,
    /// Bytes of a service, instance, operation or peer.
    pub name_bytes: u32,
}

/// Bytes that [`Limits::to_bytes`] writes.
pub const LIMITS_BYTES: usize = 44;

impl Limits {
    /// No limits but those of the representation.
    pub const NONE: Self = Self {
        message_bytes: 1 << 30,
        spans: u32::MAX,
        rows: u32::MAX,
        id_bytes: u32::MAX,
        attributes: u32::MAX,
        events: u32::MAX,
        links: u32::MAX,
        key_bytes: u32::MAX,
        value_bytes: u32::MAX,
        long_value_bytes: u32::MAX,
        name_bytes: u32::MAX,
    };

    /// The form that the journal keeps; the order of the numbers is its format.
    pub fn to_bytes(self) -> [u8; LIMITS_BYTES] {
        let numbers = [
            self.message_bytes,
            self.spans,
            self.rows,
            self.id_bytes,
            self.attributes,
            self.events,
            self.links,
            self.key_bytes,
            self.value_bytes,
            self.long_value_bytes,
            self.name_bytes,
        ];
        let mut bytes = [0; LIMITS_BYTES];
        for (place, number) in bytes.as_chunks_mut().0.iter_mut().zip(numbers) {
            *place = number.to_le_bytes();
        }
        bytes
    }

    /// Reads the form that the journal keeps.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; LIMITS_BYTES] = bytes.try_into().ok()?;
        let mut numbers = bytes.as_chunks().0.iter().map(|number| u32::from_le_bytes(*number));
        let mut next = || numbers.next();
        Some(Self {
            message_bytes: next()?,
            spans: next()?,
            rows: next()?,
            id_bytes: next()?,
            attributes: next()?,
            events: next()?,
            links: next()?,
            key_bytes: next()?,
            value_bytes: next()?,
            long_value_bytes: next()?,
            name_bytes: next()?,
        })
    }
}
