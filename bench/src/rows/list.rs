//! The list of rows.

use super::bench::RowMaker;
use super::{aggregate, decode, durable, e2e, pages, query, rss, scale, start, store};

/// Every row, in the order in which they run.
pub static ALL: &[RowMaker] = &[
    decode::ROW,
    aggregate::ROW,
    e2e::ROW,
    query::ROW,
    store::ROW,
    store::OTLP,
    scale::ROW,
    durable::ROW,
    start::ROW,
    pages::ROW,
    rss::ROW,
    rss::IN_MEMORY,
];
