//! Remembers which searchable tags the store was told of today.

use std::collections::HashSet;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_storage::{TagKind, TagSighting};

use crate::oal::event::Tags;
use crate::oal::key::{KeyMask, KeySet};

/// Longest value, and longest `key=value`, in characters; the protocol's limit.
const MAX_LENGTH: usize = 256;

/// Tags that are remembered; when there are more, all are told again.
const MAX_REMEMBERED: usize = 1 << 16;

/// Tags that are found without looking further.
const RECENT: usize = 1024;

/// Which tags are searchable, and which of them are known of today.
#[derive(Debug)]
pub(crate) struct TagMemory {
    searchable: KeyMask,
    zone: Zone,
    told: HashSet<u64, RandomState>,
    /// The last hash by its low bits, which most look-ups find.
    recent: Box<[u64; RECENT]>,
    hasher: RandomState,
    /// First minute of a day, and of the next one.
    day: (Minute, Minute),
}

impl TagMemory {
    pub(crate) fn new(searchable: KeyMask, zone: Zone) -> Self {
        Self {
            searchable,
            zone,
            told: HashSet::default(),
            recent: Box::new([0; RECENT]),
            hasher: RandomState::default(),
            day: (Minute(0), Minute(0)),
        }
    }

    /// Tells of the searchable tags of a span that the store does not know of.
    #[inline]
    pub(crate) fn look(
        &mut self,
        tags: Tags<'_>,
        minute: Minute,
        keys: &KeySet,
        sightings: &mut Vec<TagSighting>,
    ) {
        let wanted = tags.slots.present().and(self.searchable);
        for key in wanted.iter() {
            let day = self.day_of(minute);
            let hash = match tags.bytes(key) {
                Some(bytes) => self.hasher.hash_one((day.0, key.0, bytes)),
                None => self.hasher.hash_one((day.0, key.0, tags.get(key).as_deref())),
            };
            let recent = self.recent.get_mut(hash as usize % RECENT);
            let before = recent.map(|recent| std::mem::replace(recent, hash));
            if before == Some(hash) || self.told.contains(&hash) {
                continue;
            }
            let Some(value) = tags.get(key) else { continue };
            let name = keys.name(key);
            if is_too_long(name, &value) {
                continue;
            }
            if self.told.len() >= MAX_REMEMBERED {
                self.told.clear();
            }
            self.told.insert(hash);
            sightings.push(TagSighting {
                kind: TagKind::Trace,
                key: name.to_owned(),
                value: value.into_owned(),
                day,
            });
        }
    }

    fn day_of(&mut self, minute: Minute) -> Minute {
        if !(self.day.0..self.day.1).contains(&minute) {
            let start = self.zone.bucket(Downsampling::Day, minute);
            self.day = (start, self.zone.next_bucket(Downsampling::Day, start));
        }
        self.day.0
    }
}

fn is_too_long(key: &str, value: &str) -> bool {
    key.len() + 1 + value.len() > MAX_LENGTH
        && key.chars().count() + 1 + value.chars().count() > MAX_LENGTH
}
