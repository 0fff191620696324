//! How both sides of a round are treated.

use std::time::Duration;

/// Connections, each with one stream.
pub(super) const CONNECTIONS: usize = 8;

/// What a server still does after it has acknowledged, such as handing rows
/// to the store, is counted in as well.
pub(super) const SETTLE: Duration = Duration::from_millis(1500);
