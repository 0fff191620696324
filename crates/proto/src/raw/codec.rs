//! The codecs that pass one side of a call through as bytes.

use std::marker::PhantomData;

use bytes::{Buf, BufMut, Bytes};
use prost::Message;
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// Initial buffer of a stream that carries segments, in bytes; also the step it grows by while it
/// inflates. Every open stream holds one, so 10,000 idle streams hold 80 MiB; a smaller buffer
/// would be allocated anew for nearly every message, since segments are often 1 to 4 KiB.
const SEGMENT_BUFFER: usize = 8 * 1024;

/// Initial buffer of the other direction, in bytes: an answer is nearly always empty.
const REPLY_BUFFER: usize = 256;

/// Bytes of ready messages that are sent together.
const YIELD_THRESHOLD: usize = 32 * 1024;

/// Codec of a server that takes messages as [`Bytes`] and answers with the message `Reply`.
///
/// The bytes are one whole message, inflated if it came compressed, never larger than the limit
/// set by `max_decoding_message_size`. They are not checked in any way. They share the buffer they
/// were received in (at least 8 KiB, often with the messages beside them), which lives as long as
/// any part of it: copy what is to be kept for long.
#[derive(Debug)]
pub struct BytesCodec<Reply>(PhantomData<fn() -> Reply>);

/// Codec of a client that sends messages encoded before and takes the message `Reply`.
///
/// The bytes must be one encoded message; they are not checked.
#[derive(Debug)]
pub struct BytesClientCodec<Reply>(PhantomData<fn() -> Reply>);

impl<Reply> Default for BytesCodec<Reply> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<Reply> Default for BytesClientCodec<Reply> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<Reply: Message + 'static> Codec for BytesCodec<Reply> {
    type Encode = Reply;
    type Decode = Bytes;
    type Encoder = tonic_prost::ProstEncoder<Reply>;
    type Decoder = BytesDecoder;

    fn encoder(&mut self) -> Self::Encoder {
        tonic_prost::ProstEncoder::new(BufferSettings::new(REPLY_BUFFER, YIELD_THRESHOLD))
    }

    fn decoder(&mut self) -> Self::Decoder {
        BytesDecoder
    }
}

impl<Reply: Message + Default + 'static> Codec for BytesClientCodec<Reply> {
    type Encode = Bytes;
    type Decode = Reply;
    type Encoder = BytesEncoder;
    type Decoder = tonic_prost::ProstDecoder<Reply>;

    fn encoder(&mut self) -> Self::Encoder {
        BytesEncoder
    }

    fn decoder(&mut self) -> Self::Decoder {
        tonic_prost::ProstDecoder::new(BufferSettings::new(REPLY_BUFFER, YIELD_THRESHOLD))
    }
}

/// Yields the whole message without copying it.
#[derive(Debug)]
pub struct BytesDecoder;

impl Decoder for BytesDecoder {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, src: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(src.copy_to_bytes(src.remaining())))
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(SEGMENT_BUFFER, YIELD_THRESHOLD)
    }
}

/// Sends the bytes as they are.
#[derive(Debug)]
pub struct BytesEncoder;

impl Encoder for BytesEncoder {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, dst: &mut EncodeBuf<'_>) -> Result<(), Status> {
        dst.reserve(item.len());
        dst.put(item);
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(SEGMENT_BUFFER, YIELD_THRESHOLD)
    }
}
