//! Connections that only sit there.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::target::Target;
use crate::wire::frames::hello;
use crate::wire::http::connect;

/// File descriptors that are left for everything else.
const RESERVE: u64 = 2_500;

/// Connections of one group; each group has a task.
const GROUP: usize = 100;

/// Raises the limit on open files as far as the system lets this process and
/// those that it starts; gives how many of `wanted` connections it allows.
pub fn make_room(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX);
    let need = wanted as u64 + RESERVE;
    let raised = Rlimit { current: Some(need.min(most).max(limit.current.unwrap_or(0))), ..limit };
    let granted = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => raised.current,
        Err(_) => limit.current,
    };
    let room = granted.unwrap_or(u64::MAX).saturating_sub(RESERVE);
    usize::try_from(room).unwrap_or(usize::MAX).min(wanted)
}

/// Keeps `count` connections open until `end`, opening new ones where the
/// server closes them. Half of them begin to speak HTTP/2 and stop; the others
/// never say a word. Gives the most that stood at once.
pub async fn hold(target: Target, count: usize, end: Instant) -> usize {
    let open = Arc::new(AtomicUsize::new(0));
    let mut most = 0;
    let mut groups = JoinSet::new();
    for group in 0..count.div_ceil(GROUP) {
        let port = if group % 3 == 2 { target.rest } else { target.grpc };
        let speaks = group % 2 == 0;
        for _ in 0..GROUP.min(count - group * GROUP) {
            groups.spawn(sit(port, speaks, end, open.clone()));
        }
        // One group at a time, so that the wave does not drown all others at once.
        tokio::time::sleep(Duration::from_millis(20)).await;
        most = most.max(open.load(Ordering::Relaxed));
    }
    while groups.join_next().await.is_some() {
        most = most.max(open.load(Ordering::Relaxed));
    }
    most
}

async fn sit(port: u16, speaks: bool, end: Instant, open: Arc<AtomicUsize>) {
    while Instant::now() < end {
        let Ok(mut stream) = connect(port).await else {
            tokio::time::sleep(Duration::from_secs(1)).await;
            continue;
        };
        open.fetch_add(1, Ordering::Relaxed);
        let wait = async {
            if speaks && stream.write_all(&hello()).await.is_err() {
                return;
            }
            let mut sink = [0; 256];
            while matches!(stream.read(&mut sink).await, Ok(1..)) {}
        };
        let _ = timeout_at(end, wait).await;
        open.fetch_sub(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
