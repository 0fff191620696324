//! HTTP/2 frames by hand: just enough to call a gRPC method, and to break every
//! rule of doing so.

/// What a client says first.
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Kinds of frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// A piece of a body.
    Data = 0,
    /// Headers that begin a stream.
    Headers = 1,
    /// Gives a stream up.
    Reset = 3,
    /// Parameters of the connection.
    Settings = 4,
    /// A promise only servers may make.
    PushPromise = 5,
    /// Asks whether the peer lives.
    Ping = 6,
    /// Ends the connection.
    GoAway = 7,
    /// Allows the peer to send more.
    WindowUpdate = 8,
    /// More headers.
    Continuation = 9,
}

/// Flag of the last frame of a stream.
pub const END_STREAM: u8 = 1;
/// Flag of the last headers.
pub const END_HEADERS: u8 = 4;
/// Flag of an answered ping or settings.
pub const ACK: u8 = 1;

/// Appends a frame.
pub fn frame(into: &mut Vec<u8>, kind: Kind, flags: u8, stream: u32, payload: &[u8]) {
    head(into, payload.len() as u32, kind as u8, flags, stream);
    into.extend_from_slice(payload);
}

/// Appends the head of a frame, which may lie about what follows.
pub fn head(into: &mut Vec<u8>, len: u32, kind: u8, flags: u8, stream: u32) {
    let [_, len @ ..] = len.to_be_bytes();
    into.extend_from_slice(&len);
    into.push(kind);
    into.push(flags);
    into.extend_from_slice(&stream.to_be_bytes());
}

/// How a client begins: preface and settings that allow the peer much.
pub fn hello() -> Vec<u8> {
    let mut bytes = PREFACE.to_vec();
    frame(&mut bytes, Kind::Settings, 0, 0, &[]);
    bytes
}

/// A header written out in full, without the compression's tables.
pub fn header(into: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    into.push(0);
    length(into, name.len());
    into.extend_from_slice(name);
    length(into, value.len());
    into.extend_from_slice(value);
}

/// A length in the compression's numbers with seven bits of prefix.
fn length(into: &mut Vec<u8>, len: usize) {
    if len < 127 {
        into.push(len as u8);
        return;
    }
    into.push(127);
    super::protobuf::varint(into, (len - 127) as u64);
}

/// The headers of a gRPC call.
pub fn call_headers(path: &str) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "127.0.0.1"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ] {
        header(&mut block, name.as_bytes(), value.as_bytes());
    }
    block
}

/// Opens a call on a stream (an odd number).
pub fn call(into: &mut Vec<u8>, stream: u32, path: &str) {
    frame(into, Kind::Headers, END_HEADERS, stream, &call_headers(path));
}

/// A gRPC message: its flag, its length, its bytes.
pub fn message(is_compressed: bool, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![u8::from(is_compressed)];
    bytes.extend_from_slice(&(payload.len() as u32).to_be_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

/// Appends a body in frames of the size that every peer takes.
pub fn data(into: &mut Vec<u8>, stream: u32, body: &[u8]) {
    for piece in body.chunks(16_384) {
        frame(into, Kind::Data, 0, stream, piece);
    }
}

/// A frame that was read: its kind, flags, stream and payload.
pub type Read<'a> = (u8, u8, u32, &'a [u8]);

/// The first frame of what was received, and the rest.
pub fn first(bytes: &[u8]) -> Option<(Read<'_>, &[u8])> {
    let (head, rest) = bytes.split_first_chunk::<9>()?;
    let [a, b, c, kind, flags, stream @ ..] = *head;
    let len = u32::from_be_bytes([0, a, b, c]) as usize;
    let (payload, rest) = rest.split_at_checked(len)?;
    Some(((kind, flags, u32::from_be_bytes(stream) & 0x7fff_ffff, payload), rest))
}

#[cfg(test)]
mod tests {
    use super::{END_HEADERS, Kind, call, first, hello, message};

    #[test]
    fn frames_read_back() {
        let mut bytes = hello().split_off(24);
        call(&mut bytes, 5, "/a/b");
        let ((kind, _, stream, payload), rest) = first(&bytes).unwrap();
        assert_eq!((kind, stream, payload.len()), (Kind::Settings as u8, 0, 0));
        let ((kind, flags, stream, _), rest) = first(rest).unwrap();
        assert_eq!((kind, flags, stream), (Kind::Headers as u8, END_HEADERS, 5));
        assert!(rest.is_empty() && first(&bytes[..5]).is_none());
        assert_eq!(message(true, b"ab"), [1, 0, 0, 0, 2, b'a', b'b']);
    }
}
