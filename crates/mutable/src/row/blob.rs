//! Blobs. The key is the name; the payload has the version and the bytes.

use std::sync::Arc;

use super::read::text_of;
use super::{Reader, Row, write};

/// The row of a blob.
pub(crate) fn encode(name: &str, bytes: &[u8]) -> Row {
    let mut payload = write::versioned();
    payload.extend_from_slice(bytes);
    (name.as_bytes().to_vec(), payload)
}

/// The blob of a row.
pub(crate) fn decode(row_key: &[u8], payload: &[u8]) -> Option<(String, Arc<[u8]>)> {
    let bytes = Reader::versioned(payload)?.rest();
    Some((text_of(row_key)?, bytes.into()))
}
