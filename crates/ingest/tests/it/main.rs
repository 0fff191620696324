//! The receivers through their routes.
#![expect(clippy::unwrap_used, reason = "what fails to unwrap here is a failed test")]

mod accounting;
mod auth;
mod duplicates;
mod harness;
mod http;
mod otlp;
mod pressure;
mod reports;
mod segments;
mod unsupported;
