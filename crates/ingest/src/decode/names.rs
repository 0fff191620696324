//! Names and texts of a message.

use skytrail_model::batch::NO_NAME;
use skytrail_model::text::{Name, NameId, Symbol, Text};

use super::{Refusal, Run, is_ascii};
use crate::frame::{self, Kind};
use crate::symbols::{EMPTY, HEAD, Head};

impl Run<'_> {
    /// The place in the batch of a part of the message.
    #[inline]
    pub(crate) fn text_at(&self, part: &[u8]) -> Text {
        if part.is_empty() {
            // An absent field is no part of the message, and has no place in it.
            return Text::EMPTY;
        }
        let offset = part.as_ptr().addr().wrapping_sub(self.message.as_ptr().addr());
        Text { start: self.place.wrapping_add(offset as u32), len: part.len() as u32 }
    }

    /// The first bytes of a part of the message and those behind them; none at
    /// the end of the message.
    #[inline(always)]
    pub(crate) fn window_of(&self, part: &[u8]) -> Option<&[u8; HEAD]> {
        let offset = part.as_ptr().addr().wrapping_sub(self.message.as_ptr().addr());
        self.message.get(offset..).and_then(<[u8]>::first_chunk)
    }

    /// The head of a part of the message; none at its end.
    #[inline(always)]
    fn head(&self, part: &[u8]) -> Option<Head> {
        self.window_of(part).map(|window| Head::within(window, part.len()))
    }

    /// A service, instance, operation or peer, with its symbol.
    #[inline(never)]
    pub(crate) fn name(&mut self, bytes: &[u8]) -> (NameId, u32) {
        if bytes.is_empty() {
            return (NO_NAME, EMPTY);
        }
        if bytes.len() > self.limits.name_bytes as usize {
            return self.long_name(bytes);
        }
        self.intern(bytes)
    }

    #[inline(never)]
    fn long_name(&mut self, bytes: &[u8]) -> (NameId, u32) {
        self.notes.cut_names += 1;
        self.intern_other(cut(bytes, self.limits.name_bytes))
    }

    /// An attribute key, and its symbol.
    #[inline(never)]
    pub(crate) fn key(&mut self, bytes: &[u8]) -> (NameId, u32) {
        if bytes.is_empty() {
            return (NO_NAME, EMPTY);
        }
        if bytes.len() > self.limits.key_bytes as usize {
            self.notes.cut_keys += 1;
            return self.intern_other(cut(bytes, self.limits.key_bytes));
        }
        self.intern(bytes)
    }

    /// Calls nothing, except as the last thing it does: so it needs no registers
    /// but those it may use anyway.
    #[inline(always)]
    fn intern(&mut self, bytes: &[u8]) -> (NameId, u32) {
        let next = NameId(self.batch.names.len() as u32);
        let known = match self.head(bytes) {
            Some(head) => self.symbols.number_recent(&head, bytes, next),
            None => None,
        };
        match known {
            Some((symbol, local)) if local == next => {
                let text = self.text_at(bytes);
                let names = &mut self.batch.names;
                if names.len() == names.capacity() {
                    return self.push_name(text, symbol);
                }
                names.push(Name { text, symbol: Symbol(symbol) });
                (local, symbol)
            }
            Some((symbol, local)) => (local, symbol),
            None => self.intern_other(bytes),
        }
    }

    #[cold]
    #[inline(never)]
    fn push_name(&mut self, text: Text, symbol: u32) -> (NameId, u32) {
        let local = NameId(self.batch.names.len() as u32);
        self.batch.names.push(Name { text, symbol: Symbol(symbol) });
        (local, symbol)
    }

    /// Interns a name that was not looked up lately.
    #[inline(never)]
    fn intern_other(&mut self, bytes: &[u8]) -> (NameId, u32) {
        match self.symbols.find(&Head::of(bytes), bytes) {
            Some((symbol, Some(local))) => (local, symbol),
            Some((symbol, None)) => (self.first_in_batch(symbol, self.text_at(bytes)), symbol),
            None => self.intern_new(bytes),
        }
    }

    fn intern_new(&mut self, bytes: &[u8]) -> (NameId, u32) {
        match std::str::from_utf8(bytes) {
            Ok(text) => {
                let symbol = self.symbols.insert(text);
                (self.first_in_batch(symbol, self.text_at(bytes)), symbol)
            }
            Err(_) => self.intern_repaired(&String::from_utf8_lossy(bytes)),
        }
    }

    fn intern_repaired(&mut self, text: &str) -> (NameId, u32) {
        self.notes.repaired += 1;
        self.intern_made(text)
    }

    /// A name that is no part of the message.
    pub(crate) fn made_name(&mut self, text: &str) -> NameId {
        if text.is_empty() {
            return NO_NAME;
        }
        let kept = cut(text.as_bytes(), self.limits.name_bytes).len();
        if kept < text.len() {
            self.notes.cut_names += 1;
        }
        self.intern_made(text.get(..kept).unwrap_or_default()).0
    }

    fn intern_made(&mut self, text: &str) -> (NameId, u32) {
        let symbol = self.symbols.insert(text);
        if let Some(local) = self.symbols.local(symbol) {
            return (local, symbol);
        }
        let place = self.made_text(text);
        (self.first_in_batch(symbol, place), symbol)
    }

    fn first_in_batch(&mut self, symbol: u32, text: Text) -> NameId {
        let local = NameId(self.batch.names.len() as u32);
        self.batch.names.push(Name { text, symbol: Symbol(symbol) });
        self.symbols.set_local(symbol, local);
        local
    }

    /// A text that is no part of the message.
    pub(crate) fn made_text(&mut self, text: &str) -> Text {
        let start = frame::push(&mut self.batch.bytes, Kind::Made, text.as_bytes());
        Text { start, len: text.len() as u32 }
    }

    /// A text that is no name.
    #[inline]
    pub(crate) fn text(&mut self, bytes: &[u8]) -> Text {
        if is_ascii(bytes) { self.text_at(bytes) } else { self.text_beyond_ascii(bytes) }
    }

    #[inline(never)]
    pub(crate) fn text_beyond_ascii(&mut self, bytes: &[u8]) -> Text {
        match std::str::from_utf8(bytes) {
            Ok(_) => self.text_at(bytes),
            Err(_) => {
                self.notes.repaired += 1;
                self.made_text(&String::from_utf8_lossy(bytes))
            }
        }
    }

    /// A trace or segment id.
    #[inline]
    pub(crate) fn id(&mut self, bytes: &[u8]) -> Result<Text, Refusal> {
        if bytes.len() > self.limits.id_bytes as usize {
            return Err(Refusal::Limit {
                what: "id_bytes",
                found: bytes.len() as u64,
                key: "ingest.segment.max_id_length",
                limit: u64::from(self.limits.id_bytes),
            });
        }
        Ok(self.text(bytes))
    }
}

/// The first `limit` bytes, less those of a character that would be torn.
pub(crate) fn cut(bytes: &[u8], limit: u32) -> &[u8] {
    let mut end = (limit as usize).min(bytes.len());
    // A character has at most three bytes that continue it.
    let is_torn = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    for _ in 0..3 {
        if end > 0 && is_torn(end) {
            end -= 1;
        }
    }
    bytes.get(..end).unwrap_or_default()
}
