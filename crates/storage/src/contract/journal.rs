//! The journal.

use std::result::Result;

use skytrail_base::journal::{Journal, JournalError, Position, Record};

use super::harness::{JournalCheck, JournalHarness};

macro_rules! checks {
    ($($check:ident),* $(,)?) => {
        &[$(JournalCheck {
            name: stringify!($check),
            body: |harness| Box::pin($check(harness)),
        }),*]
    };
}

pub(super) const CHECKS: &[JournalCheck] = checks!(
    positions_grow_by_one_from_one,
    records_come_back_whole_and_in_order,
    replay_starts_where_it_is_told,
    replay_stops_when_told,
    trim_keeps_what_is_not_before,
    positions_go_on_after_a_trim,
    what_is_durable_survives_a_crash,
);

fn record(n: u64) -> Record<'static> {
    Record {
        shard: (n % 3) as u16,
        decoder: 7,
        arrival: n as i64 * 1_000 - 1,
        payload: vec![n as u8; n as usize * 10].into(),
    }
}

async fn fill(
    journal: &dyn Journal,
    numbers: std::ops::RangeInclusive<u64>,
) -> Result<(), JournalError> {
    for n in numbers {
        let appended = journal.append(record(n))?;
        assert_eq!(appended.position, Position(n));
        appended.durable.await?;
    }
    Ok(())
}

async fn replayed(
    journal: &dyn Journal,
    from: u64,
) -> Result<Vec<(u64, Record<'static>)>, JournalError> {
    let mut seen = Vec::new();
    let mut take = |position: Position, record: Record<'_>| {
        seen.push((position.0, record.into_owned()));
        true
    };
    journal.replay(Position(from), &mut take).await?;
    Ok(seen)
}

fn records(numbers: std::ops::RangeInclusive<u64>) -> Vec<(u64, Record<'static>)> {
    numbers.map(|n| (n, record(n))).collect()
}

async fn positions_grow_by_one_from_one(harness: &dyn JournalHarness) -> Result<(), JournalError> {
    let journal = harness.open()?;
    assert_eq!(replayed(&*journal, 0).await?, [], "in an empty log");
    // Before any of them is durable.
    let appended: Vec<_> = (1..=9).map(|n| journal.append(record(n))).collect::<Result<_, _>>()?;
    let positions: Vec<_> = appended.iter().map(|one| one.position.0).collect();
    assert_eq!(positions, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for one in appended {
        one.durable.await?;
    }
    assert_eq!(replayed(&*journal, 0).await?, records(1..=9));
    Ok(())
}

async fn records_come_back_whole_and_in_order(
    harness: &dyn JournalHarness,
) -> Result<(), JournalError> {
    let journal = harness.open()?;
    fill(&*journal, 1..=9).await?;
    let empty = Record { payload: Vec::new().into(), ..record(10) };
    journal.append(empty.clone())?.durable.await?;
    let mut wanted = records(1..=9);
    wanted.push((10, empty));
    assert_eq!(replayed(&*journal, 0).await?, wanted);
    assert_eq!(replayed(&*journal, 0).await?, wanted, "twice the same");
    assert!(journal.used_bytes() >= 450, "{}", journal.used_bytes());
    Ok(())
}

async fn replay_starts_where_it_is_told(harness: &dyn JournalHarness) -> Result<(), JournalError> {
    let journal = harness.open()?;
    fill(&*journal, 1..=9).await?;
    for from in [0, 1, 2, 5, 9, 10, u64::MAX] {
        let wanted: Vec<_> = records(1..=9).into_iter().filter(|(n, _)| *n >= from).collect();
        assert_eq!(replayed(&*journal, from).await?, wanted, "from {from}");
    }
    Ok(())
}

async fn replay_stops_when_told(harness: &dyn JournalHarness) -> Result<(), JournalError> {
    let journal = harness.open()?;
    fill(&*journal, 1..=9).await?;
    let mut seen = Vec::new();
    let mut take = |position: Position, _: Record<'_>| {
        seen.push(position.0);
        seen.len() < 3
    };
    journal.replay(Position(4), &mut take).await?;
    assert_eq!(seen, [4, 5, 6]);
    Ok(())
}

async fn trim_keeps_what_is_not_before(harness: &dyn JournalHarness) -> Result<(), JournalError> {
    let journal = harness.open()?;
    fill(&*journal, 1..=9).await?;
    for before in [0, 1, 4, 4, 2] {
        journal.trim(Position(before))?;
        assert_eq!(replayed(&*journal, 4).await?, records(4..=9));
        let all = replayed(&*journal, 0).await?;
        assert!(all.len() >= 6 && records(1..=9).ends_with(&all), "a gap: {all:?}");
    }
    Ok(())
}

async fn positions_go_on_after_a_trim(harness: &dyn JournalHarness) -> Result<(), JournalError> {
    let journal = harness.open()?;
    fill(&*journal, 1..=5).await?;
    journal.trim(Position(99))?;
    fill(&*journal, 6..=8).await?;
    assert_eq!(replayed(&*journal, 6).await?, records(6..=8));
    Ok(())
}

async fn what_is_durable_survives_a_crash(
    harness: &dyn JournalHarness,
) -> Result<(), JournalError> {
    let journal = harness.open()?;
    fill(&*journal, 1..=5).await?;
    journal.trim(Position(3))?;
    let Some(journal) = harness.crash(journal) else { return Ok(()) };
    assert_eq!(replayed(&*journal, 3).await?, records(3..=5));
    fill(&*journal, 6..=7).await?;
    assert_eq!(replayed(&*journal, 3).await?, records(3..=7));
    Ok(())
}
