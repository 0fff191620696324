//! Strings that live in a batch: places in its buffer, and names with symbols.

/// A place in the buffer of the batch that holds it. The bytes there are valid
/// UTF-8; a decoder puts U+FFFD where a client sent something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Text {
    /// Offset of the first byte.
    pub start: u32,
    /// Length in bytes; 0 is the empty text wherever it starts.
    pub len: u32,
}

impl Text {
    /// The empty text.
    pub const EMPTY: Self = Self { start: 0, len: 0 };

    /// Whether there is nothing in it.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

/// A name that recurs: services, instances, operations, peers, attribute keys.
/// The number indexes [`crate::batch::SpanBatch::names`] of its own batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NameId(pub u32);

/// The number of a name in the table of a shard, the same in every batch of
/// one [`SymbolSpace`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Symbol(pub u32);

/// Says in which table a symbol means something. When a table is full it is
/// emptied and its epoch grows; symbols of an older epoch mean nothing then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SymbolSpace {
    /// The shard that owns the table.
    pub shard: u16,
    /// How often the table has been emptied.
    pub epoch: u32,
}

impl SymbolSpace {
    /// The space of batches whose symbols mean nothing. No shard has this number.
    pub const NONE: Self = Self { shard: u16::MAX, epoch: u32::MAX };
}

impl Default for SymbolSpace {
    fn default() -> Self {
        Self::NONE
    }
}

/// A distinct name of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Name {
    /// Where it stands in the batch.
    pub text: Text,
    /// Its number in the shard's table.
    pub symbol: Symbol,
}
