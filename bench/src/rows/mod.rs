//! One file per row of the table.

mod bench;
mod decode;
mod e2e;
mod rss;
mod start;

pub use bench::{ALL, Bench, RowMaker};
pub use decode::{Decoding, decoder};
