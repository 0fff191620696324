//! Durable points: after a crash a store holds exactly the cut of one.

use skytrail_base::journal::Position;
use skytrail_model::alias::Alias;
use skytrail_model::time::Downsampling;

use super::build::{append, entry, segment};
use super::data::{
    START, block, call, calls, cut, every, open, origin, read_calls, read_rows, row, seen, service,
    service_id,
};
use super::harness::{Check, Harness, Instance, checks, polled};
use super::records::record;
use super::snapshot::{Snapshot, snapshot};
use crate::error::{ErrorKind, Result};
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
    what_comes_while_one_is_saved_is_behind_it,
    one_that_fails_is_covered_by_the_next,
    one_that_is_dropped_does_no_harm,
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

fn origin_of(n: i64) -> Origin {
    origin((n % 2) as u16, (n / 2) as u64 + 1)
}

/// Step `n` of a history in which two shards take turns with all families. Each
/// step leaves its own trace in the answers.
async fn step(store: &dyn Storage, n: i64) -> Result<()> {
    let origin = origin_of(n);
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
    }
}

/// The steps of `0..steps` that are within a cut, or those that are not.
fn steps_of(steps: i64, cut: &Cut, within: bool) -> impl Iterator<Item = i64> {
    (0..steps).filter(move |n| cut.contains(origin_of(*n)) == within)
}

/// Everything up to and with step `steps - 1`.
fn cut_after(steps: i64) -> Cut {
    let mut included = Cut::default();
    (0..steps).for_each(|n| included.widen(origin_of(n)));
    included
}

async fn all(store: &dyn Storage) -> Result<Snapshot> {
    snapshot(store, START, START.plus(1439)).await
}

/// What a store answers that took only the steps within a cut.
async fn expected(harness: &dyn Harness, steps: i64, cut: &Cut) -> Result<Snapshot> {
    let opened = open(harness).await?;
    for n in steps_of(steps, cut, true) {
        step(opened.store(), n).await?;
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
        let included = cut_after(saved_after);
        let wanted = expected(harness, saved_after, &included).await?;
        for crash_after in saved_after..=16 {
            let opened = open(harness).await?;
            let store = opened.store();
            for n in 0..saved_after {
                step(store, n).await?;
            }
            let saving = store.checkpoints().save(point(saved_after as u64, included.clone()));
            let late = i64::midpoint(saved_after, crash_after);
            for n in saved_after..late {
                step(store, n).await?;
            }
            saving.await?;
            for n in late..crash_after {
                step(store, n).await?;
            }
            let reopened = opened.crash().await?;
            let held = all(reopened.store()).await?;
            assert_eq!(held, wanted, "saved after {saved_after}, crashed after {crash_after}");
        }
    }
    Ok(())
}

/// A store whose last checkpoint was called after the steps of a cut, and
/// waited for after all the others.
async fn saved_at(harness: &dyn Harness, steps: i64, cut: &Cut) -> Result<Box<dyn Instance>> {
    let opened = open(harness).await?;
    let store = opened.store();
    for n in steps_of(steps, cut, true) {
        step(store, n).await?;
    }
    let saving = store.checkpoints().save(point(1, cut.clone()));
    for n in steps_of(steps, cut, false) {
        step(store, n).await?;
    }
    saving.await?;
    Ok(opened)
}

async fn shards_have_cuts_of_their_own(harness: &dyn Harness) -> Result<()> {
    for included in [cut(&[(0, 8)]), cut(&[(1, 3)]), cut(&[(0, 2), (1, 6)]), cut(&[(0, 8), (5, 0)])]
    {
        let opened = saved_at(harness, 16, &included).await?;
        let reopened = opened.crash().await?;
        let wanted = expected(harness, 16, &included).await?;
        assert_eq!(all(reopened.store()).await?, wanted, "{included:?}");
    }
    Ok(())
}

async fn what_comes_while_one_is_saved_is_behind_it(harness: &dyn Harness) -> Result<()> {
    let everything = expected(harness, 16, &cut_after(16)).await?;
    let opened = open(harness).await?;
    let store = opened.store();
    for n in 0..8 {
        step(store, n).await?;
    }
    let saving = store.checkpoints().save(point(1, cut_after(8)));
    for n in 8..16 {
        step(store, n).await?;
    }
    assert_eq!(all(store).await?, everything, "all is seen while the future waits");
    saving.await?;
    assert_eq!(all(store).await?, everything, "and when it is done");
    store.checkpoints().save(point(2, cut_after(16))).await?;
    let reopened = opened.crash().await?;
    assert_eq!(all(reopened.store()).await?, everything, "the next one covers it");
    Ok(())
}

async fn one_that_fails_is_covered_by_the_next(harness: &dyn Harness) -> Result<()> {
    let opened = open(harness).await?;
    let store = opened.store();
    for n in 0..12 {
        if n == 8 {
            let zone = "+0530".to_owned();
            let failed = Checkpoint { zone, ..point(1, cut_after(8)) };
            let failed = store.checkpoints().save(failed).await;
            assert!(failed.is_err_and(|error| error.kind == ErrorKind::Mismatch));
        }
        step(store, n).await?;
    }
    let everything = expected(harness, 12, &cut_after(12)).await?;
    assert_eq!(all(store).await?, everything);
    store.checkpoints().save(point(2, cut_after(12))).await?;
    let reopened = opened.crash().await?;
    assert_eq!(all(reopened.store()).await?, everything);
    Ok(())
}

async fn one_that_is_dropped_does_no_harm(harness: &dyn Harness) -> Result<()> {
    for (polls, is_followed) in (0..8).map(|round| (round / 2, round % 2 == 1)) {
        let opened = open(harness).await?;
        let store = opened.store();
        for n in 0..16 {
            match n {
                4 => store.checkpoints().save(point(1, cut_after(4))).await?,
                8 => polled(store.checkpoints().save(point(2, cut_after(8))), polls).await,
                12 if is_followed => store.checkpoints().save(point(3, cut_after(12))).await?,
                _ => {}
            }
            step(store, n).await?;
        }
        assert_eq!(all(store).await?, expected(harness, 16, &cut_after(16)).await?);
        let reopened = opened.crash().await?;
        let held = reopened.store().checkpoints().load().await?;
        let position = held.map_or(0, |checkpoint| checkpoint.position.0);
        assert!(if is_followed { position == 3 } else { (1..=2).contains(&position) });
        let steps = position as i64 * 4;
        let wanted = expected(harness, steps, &cut_after(steps)).await?;
        assert_eq!(all(reopened.store()).await?, wanted, "polled {polls} times");
    }
    Ok(())
}

async fn replay_restores_what_was(harness: &dyn Harness) -> Result<()> {
    let included = cut(&[(0, 4), (1, 2)]);
    let mut opened = saved_at(harness, 16, &included).await?;
    let before = all(opened.store()).await?;
    for _ in 0..2 {
        opened = opened.crash().await?;
        for n in steps_of(16, &included, false) {
            step(opened.store(), n).await?;
        }
        assert_eq!(all(opened.store()).await?, before);
    }
    // A later checkpoint covers what was replayed.
    opened.store().checkpoints().save(point(2, cut_after(16))).await?;
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
