//! What the resolvers answer from.

use std::sync::Arc;

use skytrail_query::Query;

use crate::health::HealthSource;
use crate::status::StatusSource;

/// Everything that a resolver may ask.
pub struct Sources {
    /// Stored and live data.
    pub query: Arc<Query>,
    /// Health of the server.
    pub health: Arc<dyn HealthSource>,
    /// Version and retention.
    pub status: Arc<dyn StatusSource>,
}
