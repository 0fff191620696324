//! Mutable family: searchable tag keys and values, for completion.

use skytrail_base::future::BoxFuture;
use skytrail_model::time::Minute;

use crate::error::Result;
use crate::spi::origin::Origin;

/// Which records carry the tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TagKind {
    /// Trace segments.
    Trace,
    /// Logs.
    Log,
    /// Alarms.
    Alarm,
}

/// A tag was seen on a day.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TagSighting {
    /// On what.
    pub kind: TagKind,
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
    /// Start of the day of the configured zone.
    pub day: Minute,
}

/// A question for keys (`key` is none) or for values of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagRead {
    /// On what.
    pub kind: TagKind,
    /// The key whose values are asked for.
    pub key: Option<String>,
    /// First day, by its start.
    pub from: Minute,
    /// Last day, by its start.
    pub to: Minute,
    /// At most so many.
    pub limit: usize,
}

/// Tags. Equal sightings are one. Answers are distinct and in byte order.
pub trait Tags: Send + Sync {
    /// Adds sightings. A store MAY leave out values of a key that already has
    /// 10,000 on that day, and what exceeds its memory; it MUST count them as
    /// evicted.
    fn upsert<'a>(
        &'a self,
        origin: Origin,
        sightings: Vec<TagSighting>,
    ) -> BoxFuture<'a, Result<()>>;

    /// Keys or values.
    fn list<'a>(&'a self, read: &'a TagRead) -> BoxFuture<'a, Result<Vec<String>>>;
}
