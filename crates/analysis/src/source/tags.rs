//! Reads the tags of spans that mean something, by the number of their key.

use skytrail_model::batch::SpanBatch;
use skytrail_model::span::Span;
use skytrail_model::text::SymbolSpace;

use crate::oal::key::{Key, KeySet, TagSlots};

/// Symbols above this are looked up by name every time; a shard's table holds
/// fewer.
const MAX_SYMBOLS: usize = 1 << 22;

const UNKNOWN: u8 = u8::MAX;
const MEANINGLESS: u8 = u8::MAX - 1;

/// Reads tags; knows the keys by their symbols.
#[derive(Debug, Default)]
pub(crate) struct TagReader {
    by_symbol: Vec<u8>,
    space: SymbolSpace,
}

impl TagReader {
    /// Forgets symbols of another table.
    pub(crate) fn begin(&mut self, space: SymbolSpace) {
        if self.space != space {
            self.by_symbol.clear();
            self.space = space;
        }
    }

    /// Fills `slots` with the tags of a span.
    #[inline]
    pub(crate) fn read(
        &mut self,
        batch: &SpanBatch,
        span: &Span,
        keys: &KeySet,
        slots: &mut TagSlots,
    ) {
        slots.clear();
        for attribute in batch.attributes_of(span.attributes) {
            let Some(name) = batch.names.get(attribute.key.0 as usize) else { continue };
            let code = match self.by_symbol.get(name.symbol.0 as usize) {
                Some(code) if *code != UNKNOWN => *code,
                _ => self.learn(name.symbol.0 as usize, batch.text(name.text), keys),
            };
            if code != MEANINGLESS {
                slots.put(Key(code), attribute.value);
            }
        }
    }

    fn learn(&mut self, symbol: usize, name: &str, keys: &KeySet) -> u8 {
        let code = keys.find(name).map_or(MEANINGLESS, |key| key.0);
        if symbol < MAX_SYMBOLS {
            if self.by_symbol.len() <= symbol {
                self.by_symbol.resize(symbol + 1, UNKNOWN);
            }
            if let Some(slot) = self.by_symbol.get_mut(symbol) {
                *slot = code;
            }
        }
        code
    }
}
