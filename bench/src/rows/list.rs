//! The list of rows.

use super::bench::RowMaker;
use super::{aggregate, decode, e2e, query, rss, start};

/// Every row, in the order in which they run.
pub static ALL: &[RowMaker] =
    &[decode::ROW, aggregate::ROW, e2e::ROW, query::ROW, start::ROW, rss::ROW];
