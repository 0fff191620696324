//! Durable points: up to here everything is stored, from here on replay.

use skytrail_base::future::BoxFuture;
use skytrail_base::journal::Position;
use skytrail_model::time::Zone;

use crate::error::{Error, ErrorKind, Result};
use crate::spi::origin::Cut;

/// A position of the journal and everything that it covers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checkpoint {
    /// Every record at or before it is covered.
    pub position: Position,
    /// The appends that came from those records, and no others.
    pub cut: Cut,
    /// State of the analysis that depends on order, as it was after `position`:
    /// endpoint patterns, caps, pairing. Windows are not in it, because they
    /// are flushed as partial rows within `cut`.
    pub state: Vec<u8>,
    /// Hash of the rules that made the rows.
    pub rules: u64,
    /// Name of the zone that hours and days were cut by: [`Zone::name`]. Whoever
    /// restores from the checkpoint MUST run with the same one, however written; [`check_zone`]
    /// says so in the operator's words.
    pub zone: String,
}

/// Whether what was made with the zone of a name may be gone on with in `zone`.
///
/// # Errors
/// `Mismatch`, naming both zones and what to do.
pub fn check_zone(recorded: &str, zone: &Zone) -> Result<()> {
    let is_same = Zone::parse(recorded).is_ok_and(|recorded| recorded.is_same(zone));
    if is_same || recorded == zone.name() {
        return Ok(());
    }
    let message = format!(
        "server.time_zone is '{}', but the store was made with '{recorded}' and its hours and \
         days cannot be cut anew; set server.time_zone to '{recorded}', or start with an empty \
         store",
        zone.name()
    );
    Err(Error::new(ErrorKind::Mismatch, message))
}

/// Checkpoints of a store.
///
/// A store records its zone when it is made. It MUST NOT be opened with another
/// one, nor take a checkpoint of another one: both fail as [`check_zone`] does
/// and leave the store as it was.
///
/// Families whose rows merge without harm when they come twice (entities,
/// aliases, tags) MAY keep more than the cut; dashboards are not under it.
pub trait Checkpoints: Send + Sync {
    /// Makes everything within `checkpoint.cut` durable together with the
    /// checkpoint, as one step: after a crash the store holds either this
    /// checkpoint or the one before, and in both cases exactly the rows of
    /// its cut.
    ///
    /// - What belongs to it is what the store contains when this is called: the
    ///   store takes hold of it before it returns the future. So the caller
    ///   MUST let no append run during the call, and the cut MUST include every
    ///   append that had returned before it and no other.
    /// - The future may wait long. Appends that come meanwhile are behind the
    ///   cut; they, reads and [`crate::Storage::expire`] go on as ever.
    /// - One that fails, or whose future is dropped before it is done, leaves
    ///   everything readable, and after a crash there is this checkpoint or the
    ///   one before. The next one covers its rows too.
    /// - The caller MUST NOT call it again before the future of the last call is
    ///   done or dropped.
    fn save<'a>(&'a self, checkpoint: Checkpoint) -> BoxFuture<'a, Result<()>>;

    /// The last checkpoint; none in a new store.
    fn load<'a>(&'a self) -> BoxFuture<'a, Result<Option<Checkpoint>>>;
}
