//! How messages stand in the buffer of a batch, which is also what the journal
//! keeps: `kind (1 byte) | length (4 bytes, little endian) | bytes`, repeated.
//!
//! A batch begins with [`Kind::Limits`], the limits in force, so that replay
//! cuts where the receiver cut; then come the accepted messages in order of
//! arrival, each followed by the texts that its reader made.

use crate::wire::Malformed;

/// What a frame holds. The numbers are part of the journal's format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// Text that the reader made: in place of something that is not UTF-8, or of
    /// parts of the message. Decoding the message before it makes it again, so
    /// replay passes over it.
    Made = 0,
    /// [`crate::decode::Limits`].
    Limits = 1,
    /// A `SegmentObject`.
    Segment = 2,
    /// An `InstanceProperties`.
    Properties = 3,
    /// An `InstancePingPkg`.
    KeepAlive = 4,
    /// A `JVMMetricCollection`.
    Jvm = 5,
    /// A `ResourceSpans` of OpenTelemetry.
    ResourceSpans = 6,
}

impl Kind {
    fn from_number(number: u8) -> Option<Self> {
        let all = [
            Self::Made,
            Self::Limits,
            Self::Segment,
            Self::Properties,
            Self::KeepAlive,
            Self::Jvm,
            Self::ResourceSpans,
        ];
        all.into_iter().find(|kind| *kind as u8 == number)
    }
}

/// Appends a frame and tells where its bytes begin.
pub fn push(buffer: &mut Vec<u8>, kind: Kind, bytes: &[u8]) -> u32 {
    buffer.reserve(bytes.len() + 5);
    buffer.push(kind as u8);
    buffer.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    let place = buffer.len() as u32;
    buffer.extend_from_slice(bytes);
    place
}

/// The frames of a buffer, in order; an error ends them.
#[derive(Debug)]
pub struct Frames<'a> {
    rest: &'a [u8],
}

impl<'a> Frames<'a> {
    /// Over a whole buffer.
    pub fn new(buffer: &'a [u8]) -> Self {
        Self { rest: buffer }
    }

    fn take(&mut self) -> Option<(Kind, &'a [u8])> {
        let (head, rest) = self.rest.split_first_chunk::<5>()?;
        let [kind, len @ ..] = *head;
        let len = u32::from_le_bytes(len);
        let (bytes, rest) = rest.split_at_checked(len as usize)?;
        self.rest = rest;
        Some((Kind::from_number(kind)?, bytes))
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Result<(Kind, &'a [u8]), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let frame = self.take().ok_or(Malformed::Length);
        if frame.is_err() {
            self.rest = &[];
        }
        Some(frame)
    }
}

#[cfg(test)]
mod tests {
    use super::{Frames, Kind, push};

    #[test]
    fn frames_read_back_and_a_cut_buffer_is_an_error() {
        let mut buffer = Vec::new();
        assert_eq!(push(&mut buffer, Kind::Segment, b"abc"), 5);
        assert_eq!(push(&mut buffer, Kind::Jvm, b""), 13);
        let read: Vec<_> = Frames::new(&buffer).map(|frame| frame.unwrap()).collect();
        assert_eq!(read, [(Kind::Segment, &b"abc"[..]), (Kind::Jvm, b"")]);
        for cut in 1..buffer.len() {
            let read: Vec<_> = Frames::new(&buffer[..cut]).collect();
            assert!(read.last().unwrap().is_err() || cut == 8, "{cut}");
        }
        assert!(Frames::new(&[99, 0, 0, 0, 0]).next().unwrap().is_err());
    }
}
