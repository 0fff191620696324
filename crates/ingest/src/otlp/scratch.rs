//! What a decoder keeps from message to message, so that it is not asked for anew.

use skytrail_model::span::Span;
use skytrail_model::text::Text;

use super::conventions::{Asked, Meaning};

/// A span that does not have its place yet: spans of a message stand in any
/// order, those of a segment one behind the other.
#[derive(Debug)]
pub(super) struct Pending {
    /// 128 bits of the trace id.
    pub(super) trace: u128,
    /// Of the span; never 0.
    pub(super) id: u64,
    /// Of its parent; 0 where it has none.
    pub(super) parent: u64,
    pub(super) span: Span,
}

/// Buffers and what is known about keys.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    /// Meanings by symbol.
    meanings: Vec<Meaning>,
    pub(super) asked: Asked,
    pub(super) pending: Vec<Pending>,
    /// Trace and place of each pending span, to be sorted.
    pub(super) order: Vec<(u128, u32)>,
    /// Span ids of a segment with their numbers, sorted.
    pub(super) ids: Vec<(u64, u32)>,
    /// Ids as text.
    pub(super) hex: Vec<u8>,
    /// Places of links in the message, as those of events are deferred.
    pub(super) links: Vec<(u32, u32)>,
    /// Attributes, events and links that may still be read of the message, whether
    /// they are kept or not: each may bring a name.
    pub(super) rows_left: usize,
}

/// Symbols above this are looked up each time; a shard's table holds fewer.
const MAX_SYMBOLS: usize = 1 << 22;

/// Spans for which room is kept; what a larger message took is given back.
const KEPT_SPANS: usize = 4096;

impl Scratch {
    /// Symbols mean something else from now on.
    pub(crate) fn forget_symbols(&mut self) {
        self.meanings.clear();
    }

    /// What the key with this symbol means.
    #[inline]
    pub(super) fn meaning(&mut self, symbol: u32, key: &[u8]) -> Meaning {
        match self.meanings.get(symbol as usize) {
            Some(meaning) if *meaning != Meaning::UNKNOWN => *meaning,
            _ => self.learn(symbol as usize, key),
        }
    }

    #[cold]
    fn learn(&mut self, symbol: usize, key: &[u8]) -> Meaning {
        let meaning = Meaning::of(key);
        if symbol < MAX_SYMBOLS {
            if self.meanings.len() <= symbol {
                self.meanings.resize(symbol + 1, Meaning::UNKNOWN);
            }
            if let Some(place) = self.meanings.get_mut(symbol) {
                *place = meaning;
            }
        }
        meaning
    }

    /// Appends an id as text; gives its place in `hex`.
    pub(super) fn put_hex(&mut self, id: &[u8]) -> Text {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let start = self.hex.len() as u32;
        for byte in id {
            let [high, low] = [byte >> 4, byte & 0xf].map(|digit| DIGITS[usize::from(digit)]);
            self.hex.extend([high, low]);
        }
        Text { start, len: id.len() as u32 * 2 }
    }

    /// Reads so many rows; false when there are not so many left.
    pub(super) fn take_rows(&mut self, count: usize) -> bool {
        let is_there = count < self.rows_left;
        self.rows_left = self.rows_left.saturating_sub(count);
        is_there
    }

    /// Empties what belongs to one message.
    pub(super) fn begin(&mut self, rows: usize) {
        self.rows_left = rows;
        self.pending.clear();
        self.order.clear();
        self.hex.clear();
        self.pending.shrink_to(KEPT_SPANS);
        self.links.shrink_to(KEPT_SPANS);
        self.order.shrink_to(KEPT_SPANS);
        self.ids.shrink_to(KEPT_SPANS);
        self.hex.shrink_to(KEPT_SPANS * 64);
    }
}
