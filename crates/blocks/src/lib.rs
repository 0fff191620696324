//! Spans as blocks of columns, and back. Pure.
//!
//! A [`PartWriter`] turns segments into [`Sealed`] blocks, which can be read at once; [`write_part`] makes one part of
//! them, which [`Part`] reads. Either gives [`Block`]s, which answer traces and searches. What stands in a part and why
//! is told in `docs/specs/storage-format.md` and in the decision on blocks of spans.

mod block;
mod decimal;
mod dictionary;
mod hidden;
mod ids;
mod layout;
mod open;
mod part;
mod row;
mod seal;
mod sizes;
mod summary;
mod tags;

pub use block::{Block, Selection};
pub use hidden::Hidden;
pub use open::{OpenBlock, SpareRows};
pub use part::{Part, PartInfo, copy_parts, write_part};
pub use row::{BLOCK_SPANS, Limits, Row, trace_hash};
pub use seal::{PartWriter, Sealed, Sealer};
pub use sizes::{About, ServiceSize, Sizes};
pub use skytrail_columns::{Error, ErrorKind, Fetch, Result};
pub use summary::{ServiceRows, Summary};
pub use tags::{Granules, TagPlaces};
