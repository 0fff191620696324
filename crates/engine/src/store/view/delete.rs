//! Deletion in a store that does not run.

use std::sync::Arc;

use skytrail_base::clock::SystemClock;
use skytrail_base::fs::SharedFileSystem;
use skytrail_base::metrics::Registry;
use skytrail_model::time::Zone;

use super::load;
use crate::error::{Error, Result};
use crate::store::config::Config;
use crate::store::delete::{self, Deleted};
use crate::store::manifest::Deletion;
use crate::store::open::{self, Opening};
use crate::store::self_metrics::Metrics;

/// Deletes what the store holds. Its files are written anew when a server has it again. The
/// caller owns the folder; what the log holds is not deleted.
///
/// # Errors
/// There is no store, too many deletions wait, or the disk refuses.
pub fn delete(fs: &SharedFileSystem, what: &Deletion) -> Result<Deleted> {
    let zone = Zone::parse(&load(fs)?.zone).map_err(Error::mismatch)?;
    // Nothing goes for want of room: the limits are those of the server.
    let config = Config { entity_bytes: usize::MAX, tag_bytes: usize::MAX, ..Config::default() };
    let core = open::core(Opening {
        fs: fs.clone(),
        config,
        catalogue: Arc::default(),
        zone,
        clock: Arc::new(SystemClock),
        metrics: Metrics::new(&Registry::default()),
    })?;
    delete::delete(&core, what)
}
