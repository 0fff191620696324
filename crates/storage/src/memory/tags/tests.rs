//! Limits of the tags, and what is written behind.

use std::collections::BTreeSet;

use proptest::prelude::*;
use skytrail_model::time::Minute;

use super::MemoryTags;
use crate::contract::block_on;
use crate::spi::{Origin, TagKind, TagRead, TagSighting, Tags};

const ORIGIN: Origin = Origin { shard: 0, sequence: 1 };

fn sighting(key: usize, day: i64) -> TagSighting {
    let (key, value) = (format!("key-{key:05}"), "x".repeat(90));
    TagSighting { kind: TagKind::Trace, key, value, day: Minute(day * 1440) }
}

#[tokio::test]
async fn a_single_day_keeps_to_the_limit_and_counts_the_rest() {
    let tags = MemoryTags::new(64 << 10);
    let flood = (0..2_000).map(|key| sighting(key, 1)).collect();
    tags.upsert(ORIGIN, flood).await.unwrap();
    let usage = tags.usage();
    assert!(usage.bytes <= 64 << 10 && usage.rows > 100, "{usage:?}");
    assert_eq!(usage.rows + usage.evicted, 2_000);
}

#[tokio::test]
async fn older_days_give_way_to_newer_ones() {
    let tags = MemoryTags::new(64 << 10);
    for day in 0..20 {
        let some = (0..100).map(|key| sighting(key, day)).collect();
        tags.upsert(ORIGIN, some).await.unwrap();
        assert!(tags.usage().bytes <= 64 << 10);
    }
    let usage = tags.usage();
    assert_eq!((usage.rows % 100, usage.rows + usage.evicted), (0, 2_000));
    tags.expire(Minute(20 * 1440));
    assert_eq!((tags.usage().rows, tags.usage().bytes), (0, 0));
}

#[tokio::test]
async fn a_new_day_takes_the_room_of_a_full_one() {
    let tags = MemoryTags::new(8 << 10);
    tags.upsert(ORIGIN, (0..100).map(|key| sighting(key, 1)).collect()).await.unwrap();
    tags.upsert(ORIGIN, vec![sighting(7, 2)]).await.unwrap();
    let (from, to) = (Minute(2 * 1440), Minute(2 * 1440));
    let read = TagRead { kind: TagKind::Trace, key: None, from, to, limit: 9 };
    assert_eq!(tags.list(&read).await.unwrap(), ["key-00007"]);
}

/// What another store has by what it was told to write.
#[derive(Default)]
struct Disk {
    rows: BTreeSet<(Minute, String)>,
}

impl Disk {
    fn write(&mut self, tags: &MemoryTags, most: usize) -> bool {
        let changes = tags.take_changes(most);
        assert!(changes.put.len() <= most);
        self.rows.retain(|(day, _)| !changes.gone.contains(day));
        self.rows.extend(changes.put.into_iter().map(|one| (one.day, one.key)));
        changes.has_more
    }

    fn load(&self, tags: &MemoryTags) {
        let sighting = |(day, key): &(Minute, String)| TagSighting {
            kind: TagKind::Trace,
            key: key.clone(),
            value: "x".repeat(90),
            day: *day,
        };
        tags.load(self.rows.iter().map(sighting).collect());
    }
}

fn held(tags: &MemoryTags) -> BTreeSet<(Minute, String)> {
    let day = |n: i64| {
        let (from, to) = (Minute(n * 1440), Minute(n * 1440));
        let read = TagRead { kind: TagKind::Trace, key: None, from, to, limit: 1_000 };
        let keys = block_on(tags.list(&read)).unwrap();
        keys.into_iter().map(move |key| (from, key))
    };
    (0..4).flat_map(day).collect()
}

#[derive(Debug, Clone)]
enum Step {
    See(Vec<(usize, i64)>),
    Expire(i64),
    Write { most: usize },
    Fail { most: usize },
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => prop::collection::vec((0..30_usize, 0..4_i64), 0..12).prop_map(Step::See),
        1 => (0..5_i64).prop_map(Step::Expire),
        3 => (0..20_usize).prop_map(|most| Step::Write { most }),
        2 => (0..20_usize).prop_map(|most| Step::Fail { most }),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #[test]
    fn what_is_written_behind_is_what_is_held(steps in prop::collection::vec(step(), 1..60)) {
        let limit = 4 << 10;
        let (mut tags, mut disk) = (MemoryTags::new(limit), Disk::default());
        for step in steps {
            match step {
                Step::See(seen) => {
                    let seen = seen.into_iter().map(|(key, day)| sighting(key, day)).collect();
                    block_on(tags.upsert(ORIGIN, seen)).unwrap();
                }
                Step::Expire(day) => tags.expire(Minute(day * 1440)),
                Step::Write { most } => drop(disk.write(&tags, most)),
                Step::Fail { most } => tags.give_back(&tags.take_changes(most)),
                Step::Restart => {
                    tags = MemoryTags::new(limit);
                    disk.load(&tags);
                    prop_assert!(tags.take_changes(9).is_empty(), "what was loaded is no change");
                }
            }
        }
        while disk.write(&tags, 7) {}
        prop_assert_eq!(disk.rows, held(&tags));
    }
}
