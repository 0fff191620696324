//! What Skytrail is compared with.

pub mod convert;
pub mod otlp;
pub mod rotel;
