//! Mutable family: dashboards.

use skytrail_base::future::BoxFuture;
use skytrail_model::template::UiTemplate;

use crate::error::Result;

/// Dashboards by id. They have no origin: they come from users, not from the
/// journal, and are durable when `put` returns (as durable as the backend is).
pub trait Templates: Send + Sync {
    /// Adds or replaces one. At most 1 MiB of configuration each, and 2,000
    /// templates or 32 MiB in all, disabled ones included; more is refused as
    /// `Invalid`, except that what gets smaller always fits.
    fn put<'a>(&'a self, template: UiTemplate) -> BoxFuture<'a, Result<()>>;

    /// One by id.
    fn get<'a>(&'a self, id: &'a str) -> BoxFuture<'a, Result<Option<UiTemplate>>>;

    /// All, by id.
    fn list<'a>(&'a self) -> BoxFuture<'a, Result<Vec<UiTemplate>>>;
}
