//! What all routes of the UI share.

use std::sync::Arc;

use skytrail_query::Query;
use tokio::sync::Semaphore;

use super::metrics::Metrics;
use super::rates::Rates;
use super::server::ServerSource;
use crate::graphql::work::Work;
use crate::status::StatusSource;

/// What questions of the pages are answered from.
pub(crate) struct Ui {
    pub(crate) query: Arc<Query>,
    pub(crate) work: Arc<Work>,
    pub(crate) metrics: Metrics,
    pub(crate) status: Arc<dyn StatusSource>,
    pub(crate) server: Arc<dyn ServerSource>,
    pub(crate) rates: Rates,
    /// Dashboards that are saved at once.
    pub(crate) saves: Semaphore,
}
