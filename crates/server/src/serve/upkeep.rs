//! What has to be done from time to time.

use std::time::Duration;

use skytrail_base::clock::SharedClock;
use skytrail_base::shutdown::Shutdown;
use skytrail_storage::SharedStorage;

use super::looks::Looks;

/// How often the store is asked to remove what is too old.
const EXPIRY: Duration = Duration::from_secs(60);

/// Removes what is older than its time to live until the shutdown.
pub(super) async fn expire(storage: SharedStorage, clock: SharedClock, stop: Shutdown) {
    let mut looks = Looks::every(EXPIRY, stop);
    while looks.next().await {
        if let Err(error) = storage.expire(clock.unix_nanos()).await {
            tracing::warn!(%error, "the store could not remove what is too old");
        }
    }
}
