//! Rows of spans in memory, and what joins the answers of several sources: for
//! backends that keep new rows in memory and old ones elsewhere.
//!
//! [`SpanTable`] holds batches as they came. A search offers what each source
//! has to one [`Page`], and a trace to one [`Gather`]; in which order is all the
//! same. [`matches()`] says what a search is, for sources that hold a batch.

mod gather;
mod kept;
mod keyword;
mod matching;
mod page;
mod table;
#[cfg(test)]
mod tests;
mod window;

pub use gather::{Gather, Gathered};
pub use kept::{KeptBatch, offer_matches};
pub use keyword::Keyword;
pub use matching::{Matcher, matches, matches_entry};
pub use page::Page;
#[cfg(test)]
pub(crate) use table::GENERATION_ENTRIES;
pub use table::SpanTable;
pub use window::{WINDOW_BYTES, give_windows};
