//! A process that ends at any batch, and the one after it.

use skytrail_base::journal::{Journal, Record};

use crate::app::{App, Kept, Setup};
use crate::fixed_set;
use crate::{cases, metrics};

/// Segments of one request: ten messages in all.
const AT_ONCE: usize = 3;

/// How a process comes to its end, in numbers of messages.
#[derive(Debug, Clone, Copy)]
struct Life {
    /// A checkpoint after so many; none for 0.
    checkpoint: usize,
    /// Whether the clock closes the minutes after that many.
    flush: Option<usize>,
    /// The end.
    crash: usize,
}

/// Lives a process up to its crash; gives what the disk would hold.
async fn until_crash(life: Life, shards: u16) -> Kept {
    let app = App::start(Setup { shards, ..Setup::default() }).await;
    let messages = fixed_set::messages(AT_ONCE);
    for sent in 0..=life.crash {
        if sent == life.checkpoint && sent > 0 {
            app.checkpoint().await;
        }
        if life.flush == Some(sent) {
            app.close_minutes().await;
        }
        if let Some(message) = messages.get(sent).filter(|_| sent < life.crash) {
            app.send(message).await;
        }
    }
    // What the end of this process still writes reaches no copy.
    let kept = app.kept().crashed();
    app.stop().await;
    kept
}

/// Goes on after the crash, and compares one of `share` cases.
async fn go_on(kept: Kept, life: Life, shards: u16, (skip, share): (usize, usize)) {
    let app = App::start(Setup { kept: Some(kept), shards, ..Setup::default() }).await;
    for message in fixed_set::messages(AT_ONCE).iter().skip(life.crash) {
        app.send(message).await;
    }
    let what = format!("{life:?}, then {shards} shards");
    metrics::check(&app, &metrics::table(), &what).await;
    let cases = cases::all();
    let some = cases.iter().skip(skip % share).step_by(share);
    cases::check(&cases::ask(&app, some).await, &what);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_ended_at_any_batch_goes_on_as_if_it_had_not() {
    let count = fixed_set::messages(AT_ONCE).len();
    for crash in 0..=count {
        for checkpoint in [0, crash / 2, crash] {
            let life = Life { checkpoint, flush: None, crash };
            go_on(until_crash(life, 2).await, life, 2, (crash, 8)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_were_flushed_after_the_last_checkpoint_do_not_count_twice() {
    for (checkpoint, flush, crash) in [(0, 6, 8), (5, 7, 7), (6, 8, 9), (4, 9, 10)] {
        let life = Life { checkpoint, flush: Some(flush), crash };
        go_on(until_crash(life, 2).await, life, 2, (crash, 4)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_number_of_shards_may_change_between_processes() {
    let life = Life { checkpoint: 6, flush: None, crash: 8 };
    for (before, after) in [(1, 3), (3, 1), (2, 5)] {
        go_on(until_crash(life, before).await, life, after, (0, 1)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn crashes_that_follow_each_other_count_nothing_twice() {
    let mut kept = None;
    let messages = fixed_set::messages(2);
    for (place, message) in messages.iter().enumerate() {
        let app = App::start(Setup { kept: kept.take(), ..Setup::default() }).await;
        app.send(message).await;
        if place % 3 == 2 {
            app.checkpoint().await;
        }
        kept = Some(app.kept().crashed());
        app.stop().await;
    }
    let app = App::start(Setup { kept, ..Setup::default() }).await;
    metrics::check(&app, &metrics::table(), "a crash after every message").await;
    cases::check(&cases::ask(&app, &cases::all()).await, "a crash after every message");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_graceful_stop_leaves_nothing_to_replay() {
    let app = App::start(Setup::default()).await;
    app.send_all(&fixed_set::messages(AT_ONCE)).await;
    let left = app.kept().clone();
    assert!(left.journal.used_bytes() > 0, "nothing is trimmed without a checkpoint");
    app.stop().await;
    assert_eq!(left.journal.used_bytes(), 0);
    let app = App::start(Setup { kept: Some(left.crashed()), ..Setup::default() }).await;
    metrics::check(&app, &metrics::table(), "after a graceful stop").await;
    cases::check(&cases::ask(&app, &cases::all()).await, "after a graceful stop");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_grows_is_trimmed_to_a_checkpoint_while_messages_come() {
    let setup = Setup { journal_bytes: 0, ..Setup::default() };
    let app = App::start(setup.clone()).await;
    let journal = app.kept().journal.clone();
    let messages = fixed_set::messages(AT_ONCE);
    let (before, after) = messages.split_at(messages.len() / 2);
    app.send_all(before).await;
    app.until("trimmed", || async { journal.used_bytes() == 0 }).await;
    app.send_all(after).await;
    let kept = app.kept().crashed();
    app.stop().await;
    let app = App::start(Setup { kept: Some(kept), ..setup }).await;
    metrics::check(&app, &metrics::table(), "a crash after a checkpoint of the server's own").await;
    app.stop().await;
}

/// What an agent does that heard nothing of a crash: it sends everything again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn messages_that_come_again_change_nothing_whatever_happened_in_between() {
    for (checkpoint, crash, shards) in [(0, 10, 2), (10, 10, 2), (5, 8, 2), (4, 7, 3), (6, 6, 1)] {
        let life = Life { checkpoint, flush: None, crash };
        let kept = until_crash(life, 2).await;
        let app = App::start(Setup { kept: Some(kept), shards, ..Setup::default() }).await;
        for _ in 0..2 {
            app.send_all(&fixed_set::messages(AT_ONCE)).await;
        }
        let what = format!("sent three times: {life:?}, then {shards} shards");
        metrics::check(&app, &metrics::table(), &what).await;
        app.stop().await;
    }
}

fn record(decoder: u16) -> Record<'static> {
    Record { shard: 0, decoder, arrival: 0, payload: vec![9; 20].into() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_cannot_be_read_is_left_out_and_counted() {
    let life = Life { checkpoint: 3, flush: None, crash: 6 };
    let kept = until_crash(life, 2).await;
    drop(kept.journal.append(record(1)).unwrap());
    drop(kept.journal.append(record(0)).unwrap());
    let app = App::start(Setup { kept: Some(kept), ..Setup::default() }).await;
    let text = app.telemetry().await;
    assert!(text.contains("skytrail_log_unreadable_records_total 2"), "{text}");
    app.stop().await;
    let kept = until_crash(life, 2).await;
    drop(kept.journal.append(record(1)).unwrap());
    go_on(kept, life, 2, (0, 8)).await;
}

#[tokio::test]
async fn a_log_of_a_later_version_is_not_replayed() {
    let life = Life { checkpoint: 0, flush: None, crash: 2 };
    let kept = until_crash(life, 2).await;
    drop(kept.journal.append(record(u16::MAX)).unwrap());
    let why = App::refusal(Setup { kept: Some(kept), ..Setup::default() }, false).await;
    assert!(why.starts_with("ST-1009: record ") && why.contains("later version"), "{why}");
}

#[tokio::test]
async fn a_stop_ends_a_replay_and_the_next_start_begins_it_again() {
    let life = Life { checkpoint: 3, flush: None, crash: 8 };
    let kept = until_crash(life, 2).await;
    let why = App::interruption(Setup { kept: Some(kept.clone()), ..Setup::default() }).await;
    assert!(why.starts_with("stopped before the log was replayed"), "{why}");
    go_on(kept.crashed(), life, 2, (0, 8)).await;
}
