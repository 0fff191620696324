//! Network addresses and the services that turned out to be behind them.

use crate::entity::ServiceRef;
use crate::time::Minute;

/// From `since` on, calls to `address` reach this service. A later alias of
/// the same address ends it; calls before the first alias of an address belong
/// to the first one. Calls are always recorded under the address they were made
/// to and resolved when they are asked for, so an alias holds at once and for
/// the past as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// `host:port` as callers see it, already normalised as a service name.
    pub address: String,
    /// The service behind it.
    pub service: ServiceRef,
    /// The instance behind it.
    pub instance: String,
    /// First minute it was seen.
    pub since: Minute,
    /// Last minute it was seen.
    pub last_seen: Minute,
}
