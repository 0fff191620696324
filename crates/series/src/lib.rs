//! Metric rows, relations and records as parts of columns, and back. Pure.
//!
//! A part is an immutable file that is written once, front to back, through a [`Sink`], and read
//! through [`skytrail_columns::Fetch`]. From small to large: runs of bits and ascending numbers,
//! columns of whole numbers and of histograms, dictionaries, the directory of frames, and the
//! three families.

mod bits;
mod container;
mod directory;
mod histograms;
mod ids;
mod ints;
mod labels;
pub mod metrics;
mod origins;
mod part;
pub mod records;
pub mod relations;
mod sorted;

pub use container::Sink;
pub use part::PartInfo;
