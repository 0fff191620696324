//! The list of attacks.

use std::pin::Pin;

use super::{floods, framing, graphql, http, segments, slow};
use crate::soak::random::Random;
use crate::soak::target::{Reply, Target};

/// An attack under way.
type Run = Pin<Box<dyn Future<Output = Reply> + Send>>;

/// One thing that may come over a wire.
#[derive(Debug)]
pub struct Attack {
    /// Name in the summary.
    pub name: &'static str,
    /// Does it once.
    pub run: fn(Target, Random) -> Run,
}

macro_rules! attacks {
    ($($module:ident::$name:ident),* $(,)?) => {
        &[$(Attack {
            name: concat!(stringify!($module), "/", stringify!($name)),
            run: |target, random| Box::pin($module::$name(target, random)),
        }),*]
    };
}

/// Every attack.
pub static ALL: &[Attack] = attacks![
    segments::mutated,
    segments::truncated,
    segments::noise,
    segments::not_utf8,
    segments::extremes,
    segments::many_names,
    segments::long_texts,
    segments::span_bomb,
    segments::oversized,
    segments::nested,
    segments::in_sync,
    segments::other_services,
    framing::noise,
    framing::wrong_frames,
    framing::gzip_bomb,
    framing::lying_lengths,
    framing::rapid_resets,
    framing::endless_headers,
    framing::control_floods,
    framing::never_half_closed,
    slow::preface,
    slow::headers,
    slow::body,
    slow::message,
    graphql::depth,
    graphql::aliases,
    graphql::fragments,
    graphql::texts,
    graphql::json,
    graphql::expressions,
    graphql::durations,
    http::noise,
    http::huge_headers,
    http::smuggling,
    http::oversized,
    http::gzip_bomb,
    http::segments,
    floods::resets,
    floods::churn,
];
