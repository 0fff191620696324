//! Cuts a request body into its messages. One that came whole in a piece of
//! the body is a part of that piece; only one that came in several is copied.

use bytes::{Buf, Bytes, BytesMut};
use tonic::Status;

use super::answer;

/// DEFLATE makes at most so many bytes of one.
const MOST_INFLATION: u64 = 1032;

/// Bytes before each message: a flag and a length.
const PREFIX: usize = 5;

/// A message as it was sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Framed {
    pub(crate) is_packed: bool,
    pub(crate) bytes: Bytes,
}

/// Bytes of memory that a message of `len` bytes may come to take.
fn most_bytes(is_packed: bool, len: usize, limit: usize) -> usize {
    let factor = if is_packed { MOST_INFLATION } else { 1 };
    (len as u64 * factor).min(limit as u64) as usize
}

impl Framed {
    /// Bytes of memory that it may come to take, unpacked.
    pub(crate) fn expected(&self, limit: usize) -> usize {
        most_bytes(self.is_packed, self.bytes.len(), limit)
    }
}

/// What stands before a message.
#[derive(Debug, Clone, Copy)]
struct Prefix {
    is_packed: bool,
    len: usize,
}

impl Prefix {
    /// None while it is not whole.
    fn read(bytes: &[u8], limit: usize) -> Result<Option<Self>, Status> {
        let Some([flag, len @ ..]) = bytes.first_chunk::<PREFIX>() else { return Ok(None) };
        let len = u32::from_be_bytes(*len);
        if *flag > 1 {
            return Err(Status::internal(format!("the flag of a message is {flag}, not 0 or 1")));
        }
        if u64::from(len) > limit as u64 {
            return Err(answer::too_large(len.into(), limit));
        }
        Ok(Some(Self { is_packed: *flag == 1, len: len as usize }))
    }
}

/// The bytes of a body that no message was made of yet.
#[derive(Debug)]
pub(crate) struct Framing {
    limit: usize,
    /// What is left of the last piece.
    piece: Bytes,
    /// A message that is not whole, from its prefix on.
    partial: BytesMut,
}

impl Framing {
    /// For messages of at most `limit` bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, piece: Bytes::new(), partial: BytesMut::new() }
    }

    /// The next piece of the body, once [`Framing::take`] found nothing in the
    /// one before.
    pub(crate) fn put(&mut self, piece: Bytes) {
        debug_assert!(self.piece.is_empty());
        self.piece = piece;
    }

    /// The next message, if it is whole.
    pub(crate) fn take(&mut self) -> Result<Option<Framed>, Status> {
        if self.partial.is_empty() {
            return self.take_from_piece();
        }
        loop {
            let prefix = Prefix::read(&self.partial, self.limit)?;
            let whole = PREFIX + prefix.map_or(0, |prefix| prefix.len);
            let missing = whole.saturating_sub(self.partial.len());
            if missing == 0 {
                let Some(Prefix { is_packed, .. }) = prefix else { return Ok(None) };
                // Nothing of its buffer may stay here: a stream that then falls
                // silent would keep it.
                let bytes = std::mem::take(&mut self.partial).freeze().split_off(PREFIX);
                return Ok(Some(Framed { is_packed, bytes }));
            }
            if self.piece.is_empty() {
                return Ok(None);
            }
            self.partial.reserve(missing);
            let part = self.piece.split_to(missing.min(self.piece.len()));
            self.partial.extend_from_slice(&part);
        }
    }

    fn take_from_piece(&mut self) -> Result<Option<Framed>, Status> {
        let prefix = Prefix::read(&self.piece, self.limit)?;
        if let Some(Prefix { is_packed, len }) = prefix
            && self.piece.len() - PREFIX >= len
        {
            self.piece.advance(PREFIX);
            return Ok(Some(Framed { is_packed, bytes: self.piece.split_to(len) }));
        }
        self.partial.extend_from_slice(&self.piece);
        self.piece = Bytes::new();
        Ok(None)
    }

    /// Bytes of memory that the message under way may come to take, once its
    /// prefix is there.
    pub(crate) fn expected(&self) -> usize {
        let prefix = Prefix::read(&self.partial, self.limit).ok().flatten();
        prefix.map_or(0, |Prefix { is_packed, len }| most_bytes(is_packed, len, self.limit))
    }

    /// Whether the body may end here.
    pub(crate) fn is_between(&self) -> bool {
        self.partial.is_empty() && self.piece.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Framed, Framing};

    fn framed(flag: u8, body: &[u8]) -> Vec<u8> {
        [&[flag], &(body.len() as u32).to_be_bytes()[..], body].concat()
    }

    #[test]
    fn messages_come_out_however_the_body_is_cut() {
        let bodies: Vec<Vec<u8>> = [10, 0, 3000, 1, 0, 700].map(|len| vec![len as u8; len]).into();
        let bytes: Vec<u8> = bodies.iter().flat_map(|body| framed(0, body)).collect();
        for size in [1, 2, 4, 5, 6, 7, 1000, bytes.len()] {
            let mut framing = Framing::new(3000);
            let mut messages = Vec::new();
            for piece in bytes.chunks(size) {
                framing.put(Bytes::copy_from_slice(piece));
                while let Some(Framed { is_packed, bytes }) = framing.take().unwrap() {
                    assert!(!is_packed);
                    messages.push(bytes.to_vec());
                }
            }
            assert_eq!(messages, bodies, "in pieces of {size}");
            assert!(framing.is_between());
            assert_eq!(framing.partial.capacity(), 0, "a silent stream keeps nothing");
        }
    }

    #[test]
    fn a_message_within_a_piece_is_not_copied() {
        let piece = Bytes::from([framed(0, b"abc"), framed(1, b"de")].concat());
        let mut framing = Framing::new(100);
        framing.put(piece.clone());
        let first = framing.take().unwrap().unwrap();
        let second = framing.take().unwrap().unwrap();
        assert_eq!(first.bytes.as_ptr(), piece[5..].as_ptr());
        assert_eq!((second.is_packed, &second.bytes[..]), (true, &b"de"[..]));
    }

    #[test]
    fn a_message_over_the_limit_is_refused_by_its_prefix() {
        let mut framing = Framing::new(1 << 20);
        framing.put(Bytes::from_static(&[0, 0]));
        assert_eq!(framing.take().unwrap(), None);
        framing.put(Bytes::from_static(&[0x10, 0, 1]));
        assert_eq!(
            framing.take().unwrap_err().message(),
            "message of 1048577 bytes exceeds ingest.grpc.max_message_size (1048576 bytes)"
        );
        framing = Framing::new(100);
        framing.put(Bytes::from_static(&[2, 0, 0, 0, 0]));
        let message = framing.take().unwrap_err().message().to_owned();
        assert_eq!(message, "the flag of a message is 2, not 0 or 1");
    }

    #[test]
    fn what_is_under_way_tells_what_it_may_come_to_take() {
        let begun = |flag: u8, len: u32, limit| {
            let mut framing = Framing::new(limit);
            framing.put(Bytes::from([&[flag], &len.to_be_bytes()[..], b"x"].concat()));
            assert_eq!(framing.take().unwrap(), None);
            assert!(!framing.is_between());
            framing.expected()
        };
        assert_eq!(begun(0, 5000, 1 << 20), 5000);
        assert_eq!(begun(1, 600, 1 << 20), 600 * 1032);
        assert_eq!(begun(1, 6000, 1 << 20), 1 << 20);
    }
}
