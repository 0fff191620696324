//! The file: a page of our own, and behind it a redb database.

pub(crate) mod backend;
mod chunk;
mod guard;
pub(crate) mod header;
pub(crate) mod load;
mod name;
mod overlay;
pub(crate) mod start;
#[cfg(test)]
mod tests;
pub(crate) mod transaction;
pub(crate) mod writer;

pub(crate) use name::Names;
