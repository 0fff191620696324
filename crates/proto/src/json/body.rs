//! Whole bodies of requests and answers.

use std::cell::Cell;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::mapping::Node;

/// Why a body could not be read, with line and column.
pub type Error = serde_json::Error;

/// Reads a message, or a `Vec` of messages where the route takes an array.
///
/// `max_values` bounds the memory that the answer can take, where the size of the body does not:
/// a span of 200 bytes is written `{}`. Each element of an array and each field of an object
/// counts one.
///
/// # Errors
/// Text that is not JSON or not of the shape of the message, anything after its end, and more than
/// `max_values` values.
pub fn from_slice<T: DeserializeOwned>(body: &[u8], max_values: usize) -> Result<T, Error> {
    let mut text = serde_json::Deserializer::from_slice(body);
    let left = Cell::new(max_values);
    let message = T::deserialize(Node::root(&mut text, &left))?;
    text.end()?;
    Ok(message)
}

/// Writes a message: names in lowerCamelCase, 64-bit integers as text, enums by name, defaults
/// left out.
///
/// # Errors
/// An enum number that has no name.
pub fn to_vec<T: Serialize>(message: &T) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(message)
}
