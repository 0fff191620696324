//! `SegmentObject` messages.

mod decode;
mod pairs;
mod reference;
mod span;
#[cfg(test)]
pub(crate) mod tests;
