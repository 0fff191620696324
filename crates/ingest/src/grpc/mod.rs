//! What the gRPC services of all protocols share: one router, messages that stay
//! bytes, and the answers.

pub(crate) mod answer;
mod framing;
mod router;
mod stream;

pub(crate) use router::{call, once, router, services};
pub(crate) use stream::Messages;
