//! Messages that stay the bytes they came in.
//!
//! Segments are most of what a server takes, and decoding them to owned messages costs more than
//! all that follows. Here a server is given each message as [`bytes::Bytes`], to be read in place;
//! a client sends what was encoded before.

mod codec;

#[cfg(feature = "client")]
pub use crate::generated::raw_v3 as v3;
pub use codec::{BytesClientCodec, BytesCodec, BytesDecoder, BytesEncoder};
