//! A server that is killed at any moment, and what must be true when it is
//! there again.
//!
//! [`run`](run::run) starts a server on a folder, lets [`lanes`] send numbered
//! [`traffic`] and notes in a [`book`] what was acknowledged. After every few
//! kills [`verify`] asks for all of it and compares every count with what
//! [`expected`] makes of the segments that were found.

pub mod ask;
pub mod book;
pub mod expected;
mod full;
pub mod lanes;
pub mod plan;
pub mod run;
pub mod traffic;
pub mod verify;
