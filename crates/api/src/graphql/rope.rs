//! Bytes of an answer in pieces, so that a long one is never copied to make room for more.

use std::collections::VecDeque;
use std::io;

/// Bytes of a piece; also what is handed to a connection at once, which queues a few of these
/// itself.
pub(crate) const PIECE: usize = 16 << 10;

/// Pieces that are shorter are copied when they are joined to others.
const SHORT: usize = 2 << 10;

/// Bytes in pieces of at most [`PIECE`].
#[derive(Debug, Default)]
pub(crate) struct Rope {
    pieces: Vec<Vec<u8>>,
    len: usize,
}

impl Rope {
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Adds bytes at the end.
    pub(crate) fn push(&mut self, mut bytes: &[u8]) {
        self.len += bytes.len();
        while !bytes.is_empty() {
            let last = match self.pieces.last_mut() {
                Some(last) if last.len() < PIECE => last,
                _ => {
                    let room = if self.pieces.is_empty() { 0 } else { PIECE };
                    self.pieces.push(Vec::with_capacity(room));
                    continue;
                }
            };
            let (now, later) = bytes.split_at(bytes.len().min(PIECE - last.len()));
            last.extend_from_slice(now);
            bytes = later;
        }
    }

    /// Adds another one at the end.
    pub(crate) fn join(&mut self, other: Self) {
        for piece in other.pieces {
            let fits = self.pieces.last().is_some_and(|last| last.len() + piece.len() <= PIECE);
            if fits && piece.len() < SHORT {
                self.push(&piece);
            } else {
                self.len += piece.len();
                self.pieces.push(piece);
            }
        }
    }

    /// Lets go of everything behind a length.
    pub(crate) fn truncate(&mut self, len: usize) {
        while self.len > len {
            let Some(last) = self.pieces.last_mut() else { break };
            let keep = last.len().saturating_sub(self.len - len);
            self.len -= last.len() - keep;
            last.truncate(keep);
            if keep == 0 {
                self.pieces.pop();
            }
        }
    }

    /// What the pieces hold, in order.
    pub(crate) fn pieces(&self) -> impl Iterator<Item = &[u8]> {
        self.pieces.iter().map(Vec::as_slice)
    }

    /// The pieces, in order.
    pub(crate) fn into_pieces(self) -> VecDeque<Vec<u8>> {
        self.pieces.into()
    }
}

impl From<Vec<u8>> for Rope {
    fn from(bytes: Vec<u8>) -> Self {
        let mut rope = Self::default();
        rope.push(&bytes);
        rope
    }
}

impl io::Write for Rope {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{PIECE, Rope};

    fn whole(rope: Rope) -> Vec<u8> {
        let len = rope.len();
        let pieces = rope.into_pieces();
        assert!(pieces.iter().all(|piece| (1..=PIECE).contains(&piece.len())));
        let whole = Vec::from(pieces).concat();
        assert_eq!(whole.len(), len);
        whole
    }

    #[test]
    fn what_is_pushed_joined_and_cut_is_what_comes_out() {
        let (mut rope, mut wanted) = (Rope::default(), Vec::new());
        for n in 0..2_000_u32 {
            let bytes = n.to_string().repeat(n as usize % 60);
            if n % 7 == 0 {
                let mut other = Rope::default();
                other.push(bytes.as_bytes());
                rope.join(other);
            } else {
                rope.push(bytes.as_bytes());
            }
            wanted.extend_from_slice(bytes.as_bytes());
            if n % 50 == 0 {
                let len = wanted.len() * 9 / 10;
                rope.truncate(len);
                wanted.truncate(len);
            }
        }
        assert!(wanted.len() > 3 * PIECE);
        assert_eq!(whole(rope), wanted);
        let mut emptied = Rope::from(vec![7; 3 * PIECE]);
        emptied.truncate(0);
        assert!(whole(emptied).is_empty());
    }
}
