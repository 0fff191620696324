//! Work that waits for the disk, off the threads that serve others.

use skytrail_storage::{Error, ErrorKind, Result};

/// Begins the work at once, on a thread that may wait; the future gives what became
/// of it. `what` is said when it is cut off, because the process ends.
pub(crate) fn blocking<T: Send + 'static>(
    what: &'static str,
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> impl Future<Output = Result<T>> + Send {
    let work = tokio::task::spawn_blocking(work);
    async move {
        let cut_off = |_| Error::new(ErrorKind::Unavailable, format!("{what} was cut off"));
        work.await.map_err(cut_off)?
    }
}
