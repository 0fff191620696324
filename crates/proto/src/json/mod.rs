//! The protobuf-JSON mapping, for the messages that have HTTP routes.
//!
//! Field names in lowerCamelCase or as the protocol files spell them, 64-bit integers as numbers
//! or text, enums by name or number, `null` for the default, unknown fields skipped: what
//! <https://protobuf.dev/programming-guides/json/> asks of a parser. Beyond it, an enum name or
//! number that this crate does not know reads as the first value of the enum.

mod body;
mod mapping;

pub use body::{Error, from_slice, to_vec};
