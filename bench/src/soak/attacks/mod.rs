//! Everything that may come over a wire; a file per kind.

mod attack;
mod floods;
mod framing;
mod graphql;
mod http;
mod segments;
mod slow;

pub use attack::{ALL, Attack};
