//! Rule files and expressions through the public interface, against golden answers.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a function that a test calls fails the test by panicking"
)]

mod hostile;
mod mqe;
mod oal;
mod schema;
