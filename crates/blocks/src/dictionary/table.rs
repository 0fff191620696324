//! Texts with codes, and the way from a text to its code.

use std::sync::OnceLock;

use hashbrown::HashTable;
use skytrail_columns::texts::TextBuf;
use xxhash_rust::xxh3::xxh3_64;

use crate::tags::text_half;

/// A text with half of its hash. Whoever hashes texts in the order in which they lie in memory need not wait for them
/// when they are looked up in another order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hashed<'a> {
    pub(crate) text: &'a [u8],
    half: u32,
}

impl<'a> Hashed<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, half: text_half(text) }
    }

    pub(crate) fn half(self) -> u32 {
        self.half
    }
}

/// Texts, each once, numbered from 0.
#[derive(Debug, Default)]
pub(crate) struct TextTable {
    texts: TextBuf,
    /// With half of the hash, so that texts are seldom looked at in vain.
    codes: HashTable<(u32, u32)>,
}

/// A table takes its place from the lower bits of a hash and its tags from the upper ones.
fn spread(half: u32) -> u64 {
    u64::from(half).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

impl TextTable {
    pub(crate) fn texts(&self) -> &TextBuf {
        &self.texts
    }

    pub(crate) fn code(&mut self, text: &[u8]) -> u32 {
        self.code_of(Hashed::new(text), &mut 0)
    }

    /// The code of a text, if it has one.
    pub(crate) fn find(&self, text: &[u8]) -> Option<u32> {
        let half = Hashed::new(text).half;
        let is_it =
            |(code, of): &(u32, u32)| *of == half && self.texts.get(*code as usize) == Some(text);
        self.codes.find(spread(half), is_it).map(|(code, _)| *code)
    }

    /// The code of a text. What the table takes more for it is added to `grown`.
    pub(crate) fn code_of(&mut self, text: Hashed<'_>, grown: &mut usize) -> u32 {
        let Hashed { text, half } = text;
        let is_it =
            |(code, of): &(u32, u32)| *of == half && self.texts.get(*code as usize) == Some(text);
        if let Some((code, _)) = self.codes.find(spread(half), is_it) {
            return *code;
        }
        let (before, code) = (self.memory(), self.texts.len() as u32);
        self.texts.push(text);
        self.codes.insert_unique(spread(half), (code, half), |(_, half)| spread(*half));
        *grown += self.memory() - before;
        code
    }

    pub(crate) fn memory(&self) -> usize {
        self.texts.memory() + self.codes.capacity() * 9
    }
}

/// Texts of a chunk. The way to the codes is made when it is asked for.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    texts: TextBuf,
    codes: OnceLock<HashTable<u32>>,
}

impl From<TextBuf> for Texts {
    fn from(texts: TextBuf) -> Self {
        Self { texts, codes: OnceLock::new() }
    }
}

impl Texts {
    pub(crate) fn texts(&self) -> &TextBuf {
        &self.texts
    }

    pub(crate) fn code(&self, text: &[u8]) -> Option<u32> {
        let texts = &self.texts;
        let hash = |code: &u32| xxh3_64(texts.get(*code as usize).unwrap_or_default());
        let codes = self.codes.get_or_init(|| {
            let mut codes = HashTable::with_capacity(texts.len());
            for code in 0..texts.len() as u32 {
                codes.insert_unique(hash(&code), code, hash);
            }
            codes
        });
        codes.find(xxh3_64(text), |code| texts.get(*code as usize) == Some(text)).copied()
    }

    pub(crate) fn memory(&self) -> usize {
        self.texts.memory() + self.codes.get().map_or(0, |codes| codes.capacity() * 5)
    }
}
