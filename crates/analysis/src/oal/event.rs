//! What one source event offers to conditions and columns.
//!
//! Every source lays its attributes out in the same few arrays, so that a
//! condition is one indexed load whatever the source. The six sources of a call
//! share one layout and therefore one evaluation of their conditions.

use std::borrow::Cow;
use std::sync::Arc;

use skytrail_model::batch::SpanBatch;
use skytrail_model::span::{Span, Value};

use super::key::{Key, KeyMask, TagSlots};

/// Numbers per event.
pub(crate) const NUMBERS: usize = 9;
/// Texts per event.
pub(crate) const TEXTS: usize = 8;
/// An enumeration attribute without a value.
pub(crate) const NULL: i64 = -1;

/// Where an attribute stands in an [`Event`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    /// Whole numbers, booleans (0, 1), durations in microseconds, constants by index.
    Number(u8),
    /// A fractional number, as the bits of an `f64` among the numbers.
    Float(u8),
    /// A text.
    Text(u8),
    /// The span's tags by key.
    Tags,
    /// The span's tags as `key:value`.
    TagList,
}

/// Layout of the six sources of a call.
pub(crate) mod call {
    pub(crate) const LATENCY: u8 = 0;
    pub(crate) const STATUS: u8 = 1;
    pub(crate) const HTTP_STATUS: u8 = 2;
    pub(crate) const TYPE: u8 = 3;
    pub(crate) const COMPONENT: u8 = 4;
    pub(crate) const DETECT: u8 = 5;
    pub(crate) const SOURCE_LAYER: u8 = 6;
    pub(crate) const DEST_LAYER: u8 = 7;
    pub(crate) const OWNER_LAYER: u8 = 8;

    pub(crate) const SOURCE_SERVICE: u8 = 0;
    pub(crate) const SOURCE_INSTANCE: u8 = 1;
    pub(crate) const OWNER_SERVICE: u8 = 2;
    pub(crate) const SOURCE_ENDPOINT: u8 = 3;
    pub(crate) const DEST_SERVICE: u8 = 4;
    pub(crate) const DEST_INSTANCE: u8 = 5;
    pub(crate) const DEST_ENDPOINT: u8 = 6;
    pub(crate) const RPC_STATUS: u8 = 7;
}

/// Layout of database, cache and queue accesses.
pub(crate) mod access {
    pub(crate) const LATENCY: u8 = 0;
    pub(crate) const STATUS: u8 = 1;
    pub(crate) const TYPE_ID: u8 = 2;
    pub(crate) const OPERATION: u8 = 3;
    pub(crate) const TRANSMISSION: u8 = 4;

    pub(crate) const NAME: u8 = 0;
    pub(crate) const ENDPOINT: u8 = 1;
}

/// Texts of the sources of a Java virtual machine; their numbers stand in the
/// order of their attributes.
pub(crate) mod jvm {
    pub(crate) const INSTANCE: u8 = 0;
    pub(crate) const SERVICE: u8 = 1;
}

/// One source event.
#[derive(Debug, Clone)]
pub(crate) struct Event<'a> {
    pub(crate) numbers: [i64; NUMBERS],
    /// Made only where the plan reads texts of the family.
    texts: Option<Box<[Option<Arc<str>>; TEXTS]>>,
    pub(crate) tags: Option<Tags<'a>>,
}

/// The tags of the span behind an event.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tags<'a> {
    pub(crate) batch: &'a SpanBatch,
    pub(crate) span: &'a Span,
    pub(crate) slots: &'a TagSlots,
}

impl<'a> Event<'a> {
    pub(crate) fn empty() -> Self {
        Self { numbers: [0; NUMBERS], texts: None, tags: None }
    }

    #[inline]
    pub(crate) fn set(&mut self, field: u8, value: i64) {
        if let Some(number) = self.numbers.get_mut(field as usize) {
            *number = value;
        }
    }

    pub(crate) fn set_text(&mut self, field: u8, value: Arc<str>) {
        let texts = self.texts.get_or_insert_default();
        if let Some(text) = texts.get_mut(field as usize) {
            *text = Some(value);
        }
    }

    /// Takes all texts away, before those of another event of the span come.
    pub(crate) fn clear_texts(&mut self) {
        if let Some(texts) = &mut self.texts {
            **texts = Default::default();
        }
    }

    #[inline]
    pub(crate) fn number(&self, field: u8) -> i64 {
        self.numbers.get(field as usize).copied().unwrap_or(0)
    }

    pub(crate) fn float(&self, field: u8) -> f64 {
        f64::from_bits(self.number(field) as u64)
    }

    pub(crate) fn text(&self, field: u8) -> Option<&str> {
        self.texts.as_ref()?.get(field as usize)?.as_deref()
    }

    /// Whether the span has a tag of a key.
    #[inline]
    pub(crate) fn has_tag(&self, key: Key) -> bool {
        self.tags.is_some_and(|tags| tags.slots.present().contains(key))
    }

    /// Whether the span has a tag of any of these keys.
    #[inline]
    pub(crate) fn has_tag_of(&self, keys: KeyMask) -> bool {
        self.tags.is_some_and(|tags| tags.slots.present().and(keys) != KeyMask::default())
    }

    pub(crate) fn tag(&self, key: Key) -> Option<Cow<'a, str>> {
        self.tags.and_then(|tags| tags.get(key))
    }
}

impl<'a> Tags<'a> {
    /// A tag as clients show it; none where the span has no such tag.
    pub(crate) fn get(&self, key: Key) -> Option<Cow<'a, str>> {
        self.slots.value(key).map(|value| self.show(value))
    }

    /// All tags of a key, in the order in which the span has them.
    pub(crate) fn all(&self, key: &str) -> impl Iterator<Item = Cow<'a, str>> {
        let tags = *self;
        let attributes = tags.batch.attributes_of(tags.span.attributes).iter();
        let found = attributes.filter(move |attribute| tags.batch.name(attribute.key) == key);
        found.map(move |attribute| tags.show(attribute.value))
    }

    /// The bytes of a tag that is text.
    #[inline]
    pub(crate) fn bytes(&self, key: Key) -> Option<&'a [u8]> {
        match self.slots.value(key)? {
            Value::Text(text) | Value::Json(text) => Some(self.batch.bytes_at(text)),
            _ => None,
        }
    }

    /// A tag that is text; other kinds of values as clients show them.
    fn show(&self, value: Value) -> Cow<'a, str> {
        match value {
            Value::Text(text) | Value::Json(text) => Cow::Borrowed(self.batch.text(text)),
            other => Cow::Owned(self.batch.show(other)),
        }
    }

    /// A tag as a whole number; none where it is absent or no number.
    pub(crate) fn int(&self, key: Key) -> Option<i64> {
        match self.slots.value(key)? {
            Value::Int(value) => Some(value.get()),
            Value::Text(text) => self.batch.text(text).trim().parse().ok(),
            _ => None,
        }
    }

    /// Whether the span has a tag that reads `wanted` as `key:value`.
    pub(crate) fn contains(&self, wanted: &str) -> bool {
        self.batch.attributes_of(self.span.attributes).iter().any(|attribute| {
            let key = self.batch.name(attribute.key).trim();
            wanted
                .strip_prefix(key)
                .and_then(|rest| rest.strip_prefix(':'))
                .is_some_and(|value| self.show(attribute.value).trim() == value)
        })
    }
}
