//! Deletes what the operator asks for.

use skytrail_base::future::BoxFuture;
use skytrail_engine::store::Deletion;
use skytrail_storage::ErrorKind;

use super::backend::OnDisk;
use super::checkpoints::Checkpoints;
use super::requests::{Undone, Work};
use crate::requests::Request;

/// Deletes from the store and the log.
pub(super) struct Deletions {
    /// None of a store that is not on disk.
    pub(super) on_disk: Option<OnDisk>,
    pub(super) checkpoints: Checkpoints,
}

impl Work for Deletions {
    fn attempt<'a>(&'a self, request: &'a Request) -> BoxFuture<'a, Result<String, Undone>> {
        let Request::Delete(what) = request;
        Box::pin(self.delete(what))
    }
}

impl Deletions {
    async fn delete(&self, what: &Deletion) -> Result<String, Undone> {
        let Some(OnDisk { store, discard_log }) = &self.on_disk else {
            let why = "the store is in memory, and forgets everything when the server ends";
            return Err(Undone { why: why.to_owned(), is_for_now: false });
        };
        let nothing = |error: &dyn std::fmt::Display, is_for_now| Undone {
            why: format!("nothing was deleted: {error}"),
            is_for_now,
        };
        // Everything that came so far is in parts then, and in no window and no log.
        self.checkpoints.make().await.map_err(|error| nothing(&format!("{error:#}"), true))?;
        // Durable before anything is deleted: a crash in between must not keep it in the log.
        discard_log().map_err(|error| nothing(&error, true))?;
        let done = store.delete(what.clone()).await.map_err(|error| match error.kind {
            ErrorKind::Unavailable => Undone {
                why: format!("it may be deleted or not, which nobody knows until it is asked for again: {error}"),
                is_for_now: true,
            },
            _ => nothing(&error, false),
        })?;
        // What came meanwhile is deleted too if there was another checkpoint, and is in files that
        // the log has begun since.
        discard_log().map_err(|error| Undone {
            why: format!("nothing of it is answered any more, but files of the log stay: {error}"),
            is_for_now: true,
        })?;
        Ok(format!(
            "nothing of {what} is answered any more that came up to record {} of the log; {} files \
             that hold some of it are written anew now",
            done.position, done.files
        ))
    }
}
