//! Variants of the model by their numbers.

use skytrail_columns::Result;
use skytrail_model::span::{LinkKind, SpanKind, Status};

use super::frames::wrong;

/// The kind in a flavour of a shape.
pub(crate) fn kind_of(flavour: u32) -> Result<SpanKind> {
    Ok(match flavour & 15 {
        0 => SpanKind::Internal,
        1 => SpanKind::Server,
        2 => SpanKind::Client,
        3 => SpanKind::Producer,
        4 => SpanKind::Consumer,
        _ => return Err(wrong("an unknown kind of span")),
    })
}

pub(super) fn status_of(number: i64) -> Result<Status> {
    [Status::Unset, Status::Ok, Status::Error]
        .into_iter()
        .find(|status| *status as i64 == number)
        .ok_or_else(|| wrong("an unknown status"))
}

pub(super) fn link_kind_of(number: i64) -> Result<LinkKind> {
    [LinkKind::CrossProcess, LinkKind::CrossThread, LinkKind::Follows]
        .into_iter()
        .find(|kind| *kind as i64 == number)
        .ok_or_else(|| wrong("an unknown kind of link"))
}
