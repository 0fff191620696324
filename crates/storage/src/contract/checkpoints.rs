//! Durable points: after a crash a store holds exactly the cut of one.

use skytrail_base::journal::Position;
use skytrail_model::alias::Alias;
use skytrail_model::time::Downsampling;

use super::build::{append, entry, segment};
use super::data::{
    START, block, call, calls, cut, every, open, origin, read_calls, read_rows, row, seen, service,
    service_id,
};
use super::harness::{Check, Harness, checks};
use super::records::record;
use super::snapshot::{Snapshot, snapshot};
use crate::error::Result;
use crate::spi::{
    Checkpoint, Cut, MetricRead, Origin, RelationRead, Storage, TagKind, TagRead, TagSighting,
    Visible,
};

pub(super) const CHECKS: &[Check] = checks!("checkpoints":
    a_new_store_has_none,
    the_last_one_comes_back_whole,
    without_one_a_crash_leaves_nothing,
    a_crash_at_any_append_leaves_exactly_the_cut,
    shards_have_cuts_of_their_own,
    replay_restores_what_was,
    restored_rows_are_seen_by_every_reader,
    mutable_families_keep_at_least_the_cut,
);

fn point(position: u64, cut: Cut) -> Checkpoint {
    let (position, zone) = (Position(position), "UTC".to_owned());
    Checkpoint { position, cut, state: vec![1, 2, 0], rules: u64::MAX, zone }
}

async fn a_new_store_has_none(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    assert_eq!(opened.store().checkpoints().load().await?, None);
    let reopened = opened.crash().await?;
    assert_eq!(reopened.store().checkpoints().load().await?, None);
    Ok(())
}

async fn the_last_one_comes_back_whole(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let first = point(3, cut(&[(0, 2)]));
    let second = Checkpoint { state: vec![], ..point(9, cut(&[(0, 2), (3, 7)])) };
    for saved in [first, second.clone()] {
        opened.store().checkpoints().save(saved.clone()).await?;
        assert_eq!(opened.store().checkpoints().load().await?, Some(saved));
    }
    let reopened = opened.crash().await?;
    assert_eq!(reopened.store().checkpoints().load().await?, Some(second));
    Ok(())
}

/// Step `n` of a history in which two shards take turns with all families. Each
/// step leaves its own trace in the answers.
async fn step(store: &dyn Storage, n: i64) -> Result<Origin> {
    let origin = origin((n % 2) as u16, (n / 2) as u64 + 1);
    let minute = START.plus(n / 8);
    match n % 4 {
        0 => store.metrics().append(origin, vec![block(minute, &[("a", &[n]), ("b", &[1])])]).await,
        1 => {
            // A row that every such step repeats, and one of its own.
            let own = call(minute, "ui", &format!("service-{n}"));
            store.relations().append(origin, vec![call(START, "ui", "shop"), own]).await
        }
        2 => {
            // The batch of one step in two comes twice, as after a lost answer.
            let id = format!("s{}", n / 8);
            let spans = append([segment("t", id).with([entry("/").at(n / 8)])]);
            store.spans().append(origin, spans).await
        }
        _ => {
            let id = format!("r{}", n / 8);
            store.records().append(origin, vec![record(&id, "db", n / 8, n / 8)]).await
        }
    }?;
    Ok(origin)
}

async fn all(store: &dyn Storage) -> Result<Snapshot> {
    snapshot(store, START, START.plus(1439)).await
}

/// What a store answers that took only the steps within a cut.
async fn expected(harness: &dyn Harness, steps: i64, cut: &Cut) -> Result<Snapshot> {
    let opened = open(harness).await?;
    for n in 0..steps {
        if cut.contains(origin((n % 2) as u16, (n / 2) as u64 + 1)) {
            step(opened.store(), n).await?;
        }
    }
    all(opened.store()).await
}

async fn without_one_a_crash_leaves_nothing(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    for n in 0..8 {
        step(opened.store(), n).await?;
    }
    let reopened = opened.crash().await?;
    assert_eq!(all(reopened.store()).await?, expected(harness, 0, &Cut::default()).await?);
    Ok(())
}

async fn a_crash_at_any_append_leaves_exactly_the_cut(harness: &dyn Harness) -> Result<()> {
    for saved_after in 0..=16 {
        for crash_after in saved_after..=16 {
            let opened = open(harness).await?;
            let mut included = Cut::default();
            for n in 0..crash_after {
                let origin = step(opened.store(), n).await?;
                if n < saved_after {
                    included.include(origin.shard, origin.sequence);
                }
                if n + 1 == saved_after {
                    let checkpoint = point(saved_after as u64, included.clone());
                    opened.store().checkpoints().save(checkpoint).await?;
                }
            }
            let reopened = opened.crash().await?;
            let wanted = expected(harness, crash_after, &included).await?;
            let held = all(reopened.store()).await?;
            assert_eq!(held, wanted, "saved after {saved_after}, crashed after {crash_after}");
        }
    }
    Ok(())
}

async fn shards_have_cuts_of_their_own(harness: &dyn Harness) -> Result<()> {
    for included in [cut(&[(0, 8)]), cut(&[(1, 3)]), cut(&[(0, 2), (1, 6)]), cut(&[(0, 9), (5, 1)])]
    {
        let opened = open(harness).await?;
        for n in 0..16 {
            step(opened.store(), n).await?;
        }
        opened.store().checkpoints().save(point(1, included.clone())).await?;
        let reopened = opened.crash().await?;
        let wanted = expected(harness, 16, &included).await?;
        assert_eq!(all(reopened.store()).await?, wanted, "{included:?}");
    }
    Ok(())
}

async fn replay_restores_what_was(harness: &dyn Harness) -> Result<()> {
    let included = cut(&[(0, 4), (1, 2)]);
    let mut opened = open(harness).await?;
    for n in 0..16 {
        step(opened.store(), n).await?;
    }
    let before = all(opened.store()).await?;
    opened.store().checkpoints().save(point(1, included.clone())).await?;
    for _ in 0..2 {
        opened = opened.crash().await?;
        for n in 0..16 {
            if !included.contains(origin((n % 2) as u16, (n / 2) as u64 + 1)) {
                step(opened.store(), n).await?;
            }
        }
        assert_eq!(all(opened.store()).await?, before);
    }
    // A later checkpoint covers what was replayed.
    opened.store().checkpoints().save(point(2, cut(&[(0, 8), (1, 8)]))).await?;
    let reopened = opened.crash().await?;
    assert_eq!(all(reopened.store()).await?, before);
    Ok(())
}

async fn restored_rows_are_seen_by_every_reader(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let (store, known) = (opened.store(), call(START, "ui", "shop"));
    store.metrics().append(origin(1, 1), vec![block(START, &[("a", &[1])])]).await?;
    store.relations().append(origin(1, 2), vec![known]).await?;
    store.checkpoints().save(point(1, cut(&[(1, 2)]))).await?;
    let reopened = opened.crash().await?;
    let store = reopened.store();
    store.metrics().append(origin(1, 3), vec![block(START, &[("a", &[2])])]).await?;
    store.relations().append(origin(1, 4), vec![call(START, "ui", "new")]).await?;
    let visible = Visible::UpTo(Cut::default());
    let read = MetricRead { visible: visible.clone(), ..every(Downsampling::Minute, START, START) };
    let rows = read_rows(store, &read).await?;
    let wanted = ((START, service_id("a")), row(&[1]));
    assert_eq!(rows.into_iter().collect::<Vec<_>>(), [wanted]);
    let read = RelationRead { visible, ..calls(START, START) };
    assert_eq!(read_calls(store, &read).await?, [known]);
    Ok(())
}

async fn mutable_families_keep_at_least_the_cut(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    let alias = Alias {
        address: "db:1".to_owned(),
        service: service("a"),
        instance: "a-1".to_owned(),
        since: START,
        last_seen: START.plus(1),
    };
    let (key, value) = ("k".to_owned(), "v".to_owned());
    let sighting = TagSighting { kind: TagKind::Trace, key, value, day: START };
    store.entities().upsert(origin(0, 1), vec![seen("a", 0, 1)]).await?;
    store.entities().upsert_aliases(origin(0, 2), vec![alias.clone()]).await?;
    store.tags().upsert(origin(0, 3), vec![sighting]).await?;
    store.checkpoints().save(point(1, cut(&[(0, 3)]))).await?;
    let reopened = opened.crash().await?;
    let store = reopened.store();
    assert_eq!(store.entities().get(&[service_id("a")]).await?, [seen("a", 0, 1)]);
    assert_eq!(store.entities().aliases().await?, [alias]);
    let read = TagRead { kind: TagKind::Trace, key: None, from: START, to: START, limit: 9 };
    assert_eq!(store.tags().list(&read).await?, ["k"]);
    Ok(())
}
