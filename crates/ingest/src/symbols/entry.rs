//! One name of the table.

use skytrail_model::text::NameId;

/// The number of the empty name.
pub const EMPTY: u32 = 0;

/// Guesses that an entry keeps about which name follows it.
const SLOTS: usize = 4;

/// Bytes of a name that stand in its entry.
const HEAD: usize = 32;

/// A name. One cache line, so that checking a guess mostly touches one.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub(super) struct Entry {
    /// The first bytes of the text, as many as there are room for.
    head: [u8; HEAD],
    /// Where the other ones begin in `texts`.
    start: u32,
    len: u32,
    /// The batch that `local` belongs to.
    pub(super) stamp: u32,
    pub(super) local: NameId,
    pub(super) follow: [u32; SLOTS],
}

impl Entry {
    pub(super) fn new(text: &[u8], texts: &mut Vec<u8>) -> Self {
        let mut head = [0; HEAD];
        for (place, byte) in head.iter_mut().zip(text) {
            *place = *byte;
        }
        let (start, len) = (texts.len() as u32, text.len() as u32);
        texts.extend_from_slice(text.get(HEAD..).unwrap_or_default());
        Self { head, start, len, stamp: 0, local: NameId(0), follow: [EMPTY; SLOTS] }
    }

    #[inline(always)]
    pub(super) fn is(&self, bytes: &[u8], texts: &[u8]) -> bool {
        if self.len as usize != bytes.len() {
            return false;
        }
        match bytes.split_first_chunk::<HEAD>() {
            None => self.head.get(..bytes.len()).is_some_and(|head| is_same(head, bytes)),
            Some((head, tail)) => *head == self.head && self.tail(texts) == tail,
        }
    }

    fn tail<'t>(&self, texts: &'t [u8]) -> &'t [u8] {
        let len = (self.len as usize).saturating_sub(HEAD);
        let start = self.start as usize;
        texts.get(start..start + len).unwrap_or_default()
    }

    pub(super) fn text(&self, texts: &[u8]) -> Vec<u8> {
        let head = self.head.get(..self.len as usize).unwrap_or(&self.head);
        [head, self.tail(texts)].concat()
    }
}

/// Equality of slices of one length of at most 32 bytes: two overlapping
/// chunks are cheaper than a call.
#[inline]
fn is_same(a: &[u8], b: &[u8]) -> bool {
    match a.len() {
        0..4 => a == b,
        4..8 => ends::<4>(a) == ends::<4>(b),
        8..=16 => ends::<8>(a) == ends::<8>(b),
        _ => ends::<16>(a) == ends::<16>(b),
    }
}

#[inline]
fn ends<const N: usize>(bytes: &[u8]) -> Option<(&[u8; N], &[u8; N])> {
    bytes.first_chunk().zip(bytes.last_chunk())
}

#[cfg(test)]
mod tests {
    use super::is_same;

    #[test]
    fn equality_looks_at_every_byte() {
        for len in 0..=32 {
            let a: Vec<u8> = (0..len).collect();
            assert!(is_same(&a, &a.clone()));
            for at in 0..a.len() {
                let mut b = a.clone();
                b[at] ^= 0x80;
                assert!(!is_same(&a, &b), "{len} {at}");
            }
        }
    }
}
