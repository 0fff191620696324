//! What the resolvers answer from.

use std::sync::Arc;

use crate::health::HealthSource;
use crate::status::StatusSource;

/// Everything that a resolver may ask.
pub struct Sources {
    /// Health of the server.
    pub health: Arc<dyn HealthSource>,
    /// Clock, version and retention.
    pub status: Arc<dyn StatusSource>,
}
