//! What Skytrail is compared with.

pub mod chdb;
pub mod convert;
pub mod lens;
pub mod otlp;
mod quiet;
pub mod rotel;
pub mod rowbinary;
mod wheel;
pub mod zipkin;

use quiet::quiet;
