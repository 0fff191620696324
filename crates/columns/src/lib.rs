//! Columns of numbers and text as checked frames of bytes: what all formats of the embedded store are made of. Pure.
//!
//! From small to large: [`bits`] packs numbers, [`ints`] chooses how a column of numbers is kept, [`group`] makes one
//! [`frame`] of many columns, and [`file`] begins and ends a file of frames. [`filter`] and [`hashes`] find the block
//! that holds a key. All that is read may be damaged or hostile: it is checked before anything is allocated for it.

pub mod bits;
pub mod compress;
pub mod error;
pub mod fetch;
pub mod file;
pub mod filter;
pub mod frame;
pub mod group;
pub mod hashes;
pub mod ints;
pub mod read;
pub mod texts;
pub mod write;

pub use error::{Error, ErrorKind, Result};
pub use fetch::Fetch;
