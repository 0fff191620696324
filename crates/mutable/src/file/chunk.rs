//! Large things in chunks: the database gives a value contiguous pages, in
//! powers of two, so that one of 9 MiB would take 16.
//!
//! The key of a chunk is the length of the thing's key, that key, and the number
//! of the chunk, so that the chunks of a thing lie together and in order. The
//! first one begins with the bytes of all.

use crate::row::{Reader, Row};

/// With the key, a little less than 64 KiB.
const CHUNK: usize = 60 << 10;

/// Cuts a thing.
pub(crate) fn pieces(key: &[u8], payload: &[u8]) -> Vec<Row> {
    let mut whole = (payload.len() as u64).to_le_bytes().to_vec();
    whole.extend_from_slice(payload);
    let chunks = (0..).zip(whole.chunks(CHUNK));
    chunks.map(|(number, chunk)| (chunk_key(key, number), chunk.to_vec())).collect()
}

/// The key of a chunk.
pub(crate) fn chunk_key(key: &[u8], number: u32) -> Vec<u8> {
    let mut chunk_key = (key.len() as u32).to_be_bytes().to_vec();
    chunk_key.extend_from_slice(key);
    chunk_key.extend_from_slice(&number.to_be_bytes());
    chunk_key
}

fn split(chunk_key: &[u8]) -> Option<(&[u8], u32)> {
    let mut reader = Reader::of(chunk_key);
    let len = u32::from_be_bytes(reader.array()?);
    let key = reader.bytes(usize::try_from(len).ok()?)?;
    let number = u32::from_be_bytes(reader.array()?);
    reader.is_done().then_some((key, number))
}

/// Puts things together from chunks in the order of their keys.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    key: Vec<u8>,
    len: u64,
    next: u32,
    payload: Vec<u8>,
    is_open: bool,
    /// Things of which a chunk is missing.
    pub(crate) broken: u64,
}

impl Assembly {
    /// Takes a chunk; gives the thing that it completes.
    pub(crate) fn take(&mut self, chunk_key: &[u8], chunk: &[u8]) -> Option<Row> {
        let Some((key, number)) = split(chunk_key) else {
            self.broken += 1;
            return None;
        };
        if number == 0 {
            self.end();
            let (len, first) = chunk.split_first_chunk().unwrap_or((&[0xff; 8], &[]));
            self.key = key.to_vec();
            self.len = u64::from_le_bytes(*len);
            self.payload = first.to_vec();
            self.is_open = true;
        } else if self.is_open && self.key == key && self.next == number {
            self.payload.extend_from_slice(chunk);
        } else {
            // Its first chunk or one before it could not be read: the thing was
            // counted there, or is now.
            self.end();
            self.broken += u64::from(self.key != key);
            self.key = key.to_vec();
            return None;
        }
        self.next = number.wrapping_add(1);
        if self.payload.len() as u64 != self.len {
            return None;
        }
        self.is_open = false;
        Some((self.key.clone(), std::mem::take(&mut self.payload)))
    }

    /// No more chunks of the thing come.
    pub(crate) fn end(&mut self) {
        self.broken += u64::from(std::mem::take(&mut self.is_open));
        self.payload = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::{Assembly, CHUNK, pieces};

    fn things() -> Vec<(Vec<u8>, Vec<u8>)> {
        let sizes = [0, 1, CHUNK - 8, CHUNK - 7, 3 * CHUNK];
        let thing = |(n, size): (usize, usize)| (vec![b'k'; n + 1], vec![n as u8; size]);
        sizes.into_iter().enumerate().map(thing).collect()
    }

    #[test]
    fn what_was_cut_comes_together_and_what_is_missing_is_counted_once() {
        let chunks: Vec<_> = things().iter().flat_map(|(key, all)| pieces(key, all)).collect();
        assert!(chunks.is_sorted());
        for missing in 0..=chunks.len() {
            let mut assembly = Assembly::default();
            let kept = chunks.iter().enumerate().filter(|(number, _)| *number != missing);
            let mut whole: Vec<_> =
                kept.filter_map(|(_, (key, chunk))| assembly.take(key, chunk)).collect();
            assembly.end();
            let broken = chunks.get(missing).map(|(key, _)| key[4..key.len() - 4].to_vec());
            let mut expected = things();
            expected.retain(|(key, _)| Some(key) != broken.as_ref());
            whole.sort();
            assert_eq!(whole, expected);
            assert!(assembly.broken <= u64::from(broken.is_some()), "{missing}");
        }
    }
}
