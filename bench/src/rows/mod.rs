//! One file per row of the table.

mod aggregate;
mod bench;
mod decode;
mod durable;
mod e2e;
mod list;
mod pages;
mod query;
mod rss;
mod scale;
mod start;
mod store;

pub use aggregate::{arrived, batches, shard};
pub use bench::{Bench, RowMaker};
pub use decode::{Decoding, decoder};
pub use list::ALL;
