//! All that the build script makes of the protocol files, in the one place that is exempt from the
//! lints of hand-written code. The crate re-exports it under shorter paths.
#![allow(
    missing_docs,
    unreachable_pub,
    non_camel_case_types,
    clippy::allow_attributes,
    clippy::too_many_lines,
    reason = "generated code, whose findings vary with the features, so that `expect` cannot name them"
)]

/// The packages of OpenTelemetry.
pub(crate) mod otlp {
    include!(concat!(env!("OUT_DIR"), "/otlp/packages.rs"));
}

pub(crate) mod skywalking {
    /// Package `skywalking.v3`.
    pub mod v3 {
        include!(concat!(env!("OUT_DIR"), "/skywalking.v3.rs"));
        #[cfg(feature = "json")]
        include!(concat!(env!("OUT_DIR"), "/skywalking.v3.serde.rs"));
    }

    /// Package `skywalking.v10`.
    pub mod v10 {
        include!(concat!(env!("OUT_DIR"), "/skywalking.v10.rs"));
    }
}

/// The seven services of older agents, whose routes have no package. Their messages are those of
/// `skywalking.v3`.
#[cfg(any(feature = "client", feature = "server"))]
pub mod compat {
    // Code outside any package spells other packages from the root.
    use super::skywalking;

    include!(concat!(env!("OUT_DIR"), "/_.rs"));
}

/// The client of the segment service of package `skywalking.v3`, with messages as bytes.
#[cfg(feature = "client")]
pub mod raw_v3 {
    include!(concat!(env!("OUT_DIR"), "/raw/skywalking.v3.TraceSegmentReportService.rs"));
}
