//! What the HTTP routes of all protocols share: who is let in, bodies within their
//! limits, and the errors.

mod admission;
mod answer;
pub(crate) mod body;

pub(crate) use admission::admitted;
pub(crate) use answer::HttpError;
