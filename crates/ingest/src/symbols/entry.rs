//! One name of the table.

use skytrail_model::text::NameId;

/// The number of the empty name.
pub const EMPTY: u32 = 0;

/// Bytes of a name that stand in its entry.
pub(crate) const HEAD: usize = 32;

const WORDS: usize = HEAD / size_of::<u64>();

/// Bytes that are compared in one go behind the head.
const CHUNK: usize = 16;

/// Where the tail of a longer name begins: so far before the end of the head
/// that no tail is shorter than a chunk.
const TAIL: usize = HEAD - CHUNK;

/// The first bytes of a text as words, zeros behind them: compared and hashed
/// without asking how long the text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Head([u64; WORDS]);

impl Head {
    /// Of a text.
    pub(crate) fn of(text: &[u8]) -> Self {
        let len = text.len().min(HEAD);
        let mut window = [0; HEAD];
        if let (Some(head), Some(text)) = (window.get_mut(..len), text.get(..len)) {
            head.copy_from_slice(text);
        }
        Self::within(&window, len)
    }

    /// Of the text of `len` bytes that a window begins with.
    #[inline(always)]
    pub(crate) fn within(window: &[u8; HEAD], len: usize) -> Self {
        let (words, _) = window.as_chunks::<8>();
        let masks = MASKS.get(len.min(HEAD)).map_or(&[u64::MAX; WORDS], |mask| &mask.0);
        Self(std::array::from_fn(|at| {
            words.get(at).map_or(0, |word| u64::from_le_bytes(*word)) & masks[at]
        }))
    }

    /// Whether it is the same. Unlike `==` on arrays, this leaves both of them in
    /// registers.
    #[inline(always)]
    fn is(&self, other: &Self) -> bool {
        let words = self.0.iter().zip(&other.0);
        words.fold(0, |different, (one, other)| different | (one ^ other)) == 0
    }

    /// All words mixed into one, of which the high bits are good.
    #[inline(always)]
    pub(super) fn mixed(&self, len: usize) -> u64 {
        let [first, second, third, fourth] = self.0;
        let [one, other] = [first ^ third, second ^ fourth];
        (one ^ other.rotate_left(21) ^ len as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// The bits of a window that belong to a text; aligned like the registers that
/// it is loaded into.
#[repr(align(32))]
struct Mask([u64; WORDS]);

/// By length of a text.
static MASKS: [Mask; HEAD + 1] = {
    let mut masks = [const { Mask([0; WORDS]) }; HEAD + 1];
    let mut len = 0;
    while len <= HEAD {
        let mut at = 0;
        while at < len {
            masks[len].0[at / 8] |= 0xff << (at % 8 * 8);
            at += 1;
        }
        len += 1;
    }
    masks
};

/// A name. One cache line, so that comparing it mostly touches one.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Entry {
    head: Head,
    /// Where the tail begins in `texts`.
    start: u32,
    len: u32,
    /// The batch that `local` belongs to.
    pub(super) stamp: u32,
    pub(super) local: NameId,
    /// The two attribute keys that followed this name last.
    pub(super) next_keys: [u32; 2],
}

impl Entry {
    pub(super) fn new(text: &[u8], texts: &mut Vec<u8>) -> Self {
        let (start, len) = (texts.len() as u32, text.len() as u32);
        if text.len() > HEAD {
            texts.extend_from_slice(text.get(TAIL..).unwrap_or_default());
        }
        let head = Head::of(text);
        Self { head, start, len, stamp: 0, local: NameId(0), next_keys: [EMPTY; 2] }
    }

    /// Whether it is the name with these bytes, of which `head` is the head.
    #[inline(always)]
    pub(super) fn is(&self, head: &Head, bytes: &[u8], texts: &[u8]) -> bool {
        self.len as usize == bytes.len()
            && self.head.is(head)
            && (bytes.len() <= HEAD || self.is_tail(bytes, texts))
    }

    #[inline(always)]
    fn is_tail(&self, bytes: &[u8], texts: &[u8]) -> bool {
        let (ours, theirs) = (self.tail(texts), bytes.get(TAIL..).unwrap_or_default());
        let ((chunks, _), (others, _)) = (ours.as_chunks::<CHUNK>(), theirs.as_chunks());
        for (one, other) in chunks.iter().zip(others) {
            if one != other {
                return false;
            }
        }
        // The last chunk overlaps the one before, so that no byte is left over.
        ours.last_chunk::<CHUNK>() == theirs.last_chunk()
    }

    /// Whether it is the name of `len` bytes that a window begins with. A name
    /// that does not fit into a window never is.
    #[inline(always)]
    pub(super) fn begins(&self, window: &[u8; HEAD], len: usize) -> bool {
        let Some(Mask(masks)) = MASKS.get(len) else { return false };
        let (words, _) = window.as_chunks::<8>();
        let words = words.iter().zip(&self.head.0).zip(masks);
        let different = |all, ((word, ours), mask): ((&[u8; 8], &u64), &u64)| {
            all | (u64::from_le_bytes(*word) ^ ours) & mask
        };
        self.len as usize == len && words.fold(0, different) == 0
    }

    #[inline(always)]
    fn tail<'t>(&self, texts: &'t [u8]) -> &'t [u8] {
        let len = (self.len as usize).saturating_sub(TAIL);
        let start = self.start as usize;
        texts.get(start..start + len).unwrap_or_default()
    }

    pub(super) fn text(&self, texts: &[u8]) -> Vec<u8> {
        let head: Vec<u8> = self.head.0.iter().flat_map(|word| word.to_le_bytes()).collect();
        let behind = match self.len as usize {
            0..=HEAD => &[],
            _ => self.tail(texts).get(CHUNK..).unwrap_or_default(),
        };
        [head.get(..self.len as usize).unwrap_or(&head), behind].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, HEAD, Head};

    #[test]
    fn a_name_is_told_by_every_byte_and_its_length_wherever_it_stands() {
        let text: [u8; 2 * HEAD] = std::array::from_fn(|at| b'0' + at as u8);
        let window = |text: &[u8; 2 * HEAD]| *text.first_chunk::<HEAD>().unwrap();
        for len in 1..=2 * HEAD {
            let mut texts = Vec::new();
            let entry = Entry::new(&text[..len], &mut texts);
            assert_eq!(entry.text(&texts), &text[..len]);
            for at in 0..2 * HEAD {
                let mut other = text;
                other[at] ^= 0x80;
                let head = Head::within(&window(&other), len);
                assert_eq!(head, Head::of(&other[..len]));
                assert_eq!(entry.is(&head, &other[..len], &texts), at >= len, "{len} {at}");
                assert_eq!(
                    entry.begins(&window(&other), len),
                    at >= len && len <= HEAD,
                    "{len} {at}"
                );
            }
            for other in [len - 1, (len + 1).min(2 * HEAD)] {
                let head = Head::within(&window(&text), other);
                assert_eq!(entry.is(&head, &text[..other], &texts), other == len);
                assert_eq!(entry.begins(&window(&text), other), other == len && len <= HEAD);
            }
        }
    }
}
