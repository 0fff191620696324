//! What a checkpoint keeps of the windows.
//!
//! ```text
//! version (1 byte) | shards (2 bytes) | runs: shard (2 bytes) | arrival (8 bytes) | count (4 bytes)
//!                                            | hashes (16 bytes each)
//! ```
//!
//! All numbers are little endian.

use std::fmt;
use std::sync::Arc;

use super::window::Window;
use crate::inbox::Inbox;

const VERSION: u8 = 1;

/// Messages that are copied under one hold of an inbox.
const AT_ONCE: usize = 4096;

/// Room for what comes between [`Duplicates::prepare`] and the checkpoint, and
/// for what others put behind it.
const SLACK: usize = 1 << 20;

/// The windows of all shards, for whoever makes checkpoints.
#[derive(Clone)]
pub struct Duplicates {
    inboxes: Vec<Arc<Inbox>>,
}

impl fmt::Debug for Duplicates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Duplicates").field("shards", &self.inboxes.len()).finish()
    }
}

impl Duplicates {
    pub(crate) fn new(inboxes: Vec<Arc<Inbox>>) -> Self {
        Self { inboxes }
    }

    /// Begins with what is stored so far, so that little is left to do while
    /// nothing is analysed.
    pub fn prepare(&self) -> SavedDuplicates {
        let known: usize = self.inboxes.iter().map(|inbox| inbox.with_known(|w| w.len())).sum();
        let mut bytes = header(self.inboxes.len());
        if known > 0 {
            bytes.reserve(known * size_of::<u128>() + SLACK);
        }
        let next = vec![0; self.inboxes.len()];
        let mut saved = SavedDuplicates { windows: self.clone(), next, bytes };
        saved.go_on();
        saved
    }
}

/// What a checkpoint keeps, on its way.
#[derive(Debug)]
pub struct SavedDuplicates {
    windows: Duplicates,
    /// By shard, the first number that is not in it.
    next: Vec<u64>,
    bytes: Vec<u8>,
}

impl SavedDuplicates {
    /// Everything that is stored now. While nothing is analysed that is exactly
    /// what the checkpoint covers.
    pub fn finish(mut self) -> Vec<u8> {
        self.go_on();
        self.bytes
    }

    fn go_on(&mut self) {
        for (shard, inbox) in (0_u16..).zip(&self.windows.inboxes) {
            let Some(next) = self.next.get_mut(usize::from(shard)) else { continue };
            while let Some((end, arrival, hashes)) = inbox.with_known(|window| {
                window.settle();
                window.settled_from(*next, AT_ONCE)
            }) {
                put(&mut self.bytes, shard, arrival, &hashes);
                *next = end;
            }
        }
    }
}

/// The same of windows that no inbox has yet.
pub(crate) fn keep(windows: &[Window]) -> Vec<u8> {
    let mut bytes = header(windows.len());
    for (shard, window) in (0_u16..).zip(windows) {
        let mut next = 0;
        while let Some((end, arrival, hashes)) = window.settled_from(next, AT_ONCE) {
            put(&mut bytes, shard, arrival, &hashes);
            next = end;
        }
    }
    bytes
}

fn header(shards: usize) -> Vec<u8> {
    let [low, high] = (shards as u16).to_le_bytes();
    vec![VERSION, low, high]
}

fn put(into: &mut Vec<u8>, shard: u16, arrival: i64, hashes: &[u128]) {
    if hashes.is_empty() {
        return;
    }
    into.extend_from_slice(&shard.to_le_bytes());
    into.extend_from_slice(&arrival.to_le_bytes());
    into.extend_from_slice(&(hashes.len() as u32).to_le_bytes());
    hashes.iter().for_each(|hash| into.extend_from_slice(&hash.to_le_bytes()));
}

/// Messages of one shard that came at about the same time.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Restored {
    /// None when there were more or fewer shards.
    pub(crate) shard: Option<u16>,
    pub(crate) arrival: i64,
    pub(crate) hashes: Vec<u128>,
}

/// What [`SavedDuplicates`] wrote, the oldest first; none where it is damaged.
pub(crate) fn restore(bytes: &[u8], shards: u16) -> Option<Vec<Restored>> {
    let ([version, low, high], mut rest) = bytes.split_first_chunk::<3>()?;
    if *version != VERSION {
        return None;
    }
    let is_same = u16::from_le_bytes([*low, *high]) == shards;
    let mut restored = Vec::new();
    while !rest.is_empty() {
        let (shard, behind) = rest.split_first_chunk::<2>()?;
        let (arrival, behind) = behind.split_first_chunk::<8>()?;
        let (count, behind) = behind.split_first_chunk::<4>()?;
        let len = (u32::from_le_bytes(*count) as usize).checked_mul(size_of::<u128>())?;
        let (hashes, behind) = behind.split_at_checked(len)?;
        let (hashes, _) = hashes.as_chunks::<16>();
        restored.push(Restored {
            shard: is_same.then_some(u16::from_le_bytes(*shard)),
            arrival: i64::from_le_bytes(*arrival),
            hashes: hashes.iter().map(|hash| u128::from_le_bytes(*hash)).collect(),
        });
        rest = behind;
    }
    restored.sort_by_key(|run| run.arrival);
    Some(restored)
}
