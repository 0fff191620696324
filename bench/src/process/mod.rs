//! The processes that are measured: built, started, watched, stopped.

mod build;
mod child;
mod folders;
mod ports;
mod scrape;
mod server;

pub use build::server_binary;
pub use child::{Child, pinned};
pub use folders::{Scratch, cache_dir, scratch_dir};
pub use ports::free_ports;
pub use scrape::{Books, Sample, parse, sum_of};
pub use server::{Server, Settings};
