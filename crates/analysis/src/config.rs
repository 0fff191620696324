//! What the operator may set: the raw keys of `analysis`, and what runs.

mod check;
mod raw;
mod settings;

pub use raw::{
    ApdexConfig, Config, GatewayConfig, GatewayInstance, GroupingConfig, LimitsConfig, NamesConfig,
    OalConfig, PairingConfig, SearchableTags, SegmentStatus, SlowConfig, WindowsConfig,
};
pub use settings::Settings;
pub(crate) use settings::{Limits, PairingLimits, Thresholds};
pub use skytrail_base::quantity::{Bytes, Period};
