//! Outcomes as gRPC statuses.

use tonic::{Code, Status};

use crate::intake::Rejected;

/// A rejection as agents understand it: `RESOURCE_EXHAUSTED` and `UNAVAILABLE`
/// are worth another try, `INVALID_ARGUMENT` is not.
pub(crate) fn status(rejected: &Rejected) -> Status {
    let code = match rejected {
        Rejected::Refused { .. } => Code::InvalidArgument,
        Rejected::Overloaded(_) => Code::ResourceExhausted,
        Rejected::Stopping | Rejected::Lost(_) => Code::Unavailable,
    };
    Status::new(code, rejected.to_string())
}

/// A message that is larger than it may be.
pub(crate) fn too_large(bytes: u64, limit: usize) -> Status {
    Status::out_of_range(format!(
        "message of {bytes} bytes exceeds ingest.grpc.max_message_size ({limit} bytes)"
    ))
}

/// The reason as it is counted.
pub(crate) fn reason(status: &Status) -> &'static str {
    match status.code() {
        Code::OutOfRange => "message_size",
        Code::ResourceExhausted => "no_room",
        Code::InvalidArgument => "refused",
        Code::Unavailable => "unavailable",
        Code::DeadlineExceeded => "slow",
        Code::Cancelled => "cancelled",
        Code::Unauthenticated => "unauthenticated",
        _ => "broken",
    }
}
