//! What Skytrail is compared with.

pub mod chdb;
pub mod convert;
pub mod otlp;
pub mod rotel;
pub mod rowbinary;
mod wheel;
