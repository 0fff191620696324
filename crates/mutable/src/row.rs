//! Rows as bytes: a key, and a payload that begins with the version of its
//! encoding. What reads them takes any bytes.

pub(crate) mod alias;
pub(crate) mod blob;
pub(crate) mod entity;
mod read;
mod seal;
pub(crate) mod state;
mod table;
pub(crate) mod tag;
pub(crate) mod template;
#[cfg(test)]
mod tests;
mod write;

pub(crate) use read::Reader;
pub(crate) use seal::{seal, seal_of, unseal};
pub(crate) use table::{LARGE, SMALL, Table};

/// The encoding of all rows so far.
pub(crate) const VERSION: u8 = 1;

/// A key and a payload.
pub(crate) type Row = (Vec<u8>, Vec<u8>);
