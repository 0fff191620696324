//! The values that spans have of one tag.

use skytrail_model::batch::SpanBatch;
use skytrail_model::span::Span;

use super::names::Names;

/// Different values, at most; spans with others count as if they had none.
const MOST_VALUES: usize = 10_000;

/// Bytes of a value; the end of longer ones is left out.
const MOST_BYTES: usize = 256;

/// The value of one tag of each span.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tagged {
    /// The key of the tag.
    pub key: String,
    /// Different values, cut to 256 bytes.
    pub values: Names,
    /// Place in `values`, by row; -1 where a span has no such tag.
    pub codes: Vec<i32>,
    /// Whether there are more values than are told.
    pub is_cut: bool,
}

impl Tagged {
    pub(super) fn new(key: &str) -> Self {
        Self { key: key.to_owned(), ..Self::default() }
    }

    /// Sees the next span.
    pub(super) fn see(&mut self, batch: &SpanBatch, span: &Span) {
        let rows = batch.attributes_of(span.attributes);
        let row = rows.iter().find(|row| batch.name(row.key) == self.key);
        let code = row.map(|row| self.code(cut(&batch.show(row.value))));
        self.codes.push(code.unwrap_or(-1));
    }

    fn code(&mut self, value: &str) -> i32 {
        if self.values.len() >= MOST_VALUES && self.values.find(value).is_none() {
            self.is_cut = true;
            return -1;
        }
        self.values.number(value) as i32
    }

    /// Memory that it takes, in bytes, also while it is put in order and written.
    pub(super) fn memory(&self) -> usize {
        2 * (self.codes.capacity() * 4 + self.values.memory())
    }
}

/// A text without its end, where it is long.
pub(in crate::trace) fn cut(text: &str) -> &str {
    let end = (0..=MOST_BYTES.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}
