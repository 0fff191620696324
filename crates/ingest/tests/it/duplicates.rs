//! What comes again changes nothing, and its sender hears what became of the
//! first.

use bytes::Bytes;
use prost::Message;
use skytrail_base::account::Signal;
use skytrail_base::journal::{Journal, Position, Record};
use skytrail_base::outcome::Outcome;
use skytrail_base::queue::Queued;
use skytrail_ingest::Config;
use skytrail_proto::raw::v3::trace_segment_report_service_client::TraceSegmentReportServiceClient as RawClient;
use skytrail_proto::v3;
use skytrail_proto::v3::jvm_metric_report_service_client::JvmMetricReportServiceClient;
use tokio::task::JoinHandle;
use tonic::Status;

use crate::harness::{Handoffs, World, connect, count, segment, tables};

fn message(service: &str) -> Bytes {
    segment(service, &["/a", "/b"]).encode_to_vec().into()
}

/// Sends messages on a stream of their own.
async fn send(world: &World, messages: Vec<Bytes>) -> JoinHandle<Result<(), Status>> {
    let mut client = RawClient::new(connect(world.listen().await).await);
    tokio::spawn(async move {
        let answer = client.collect(tokio_stream::iter(messages)).await;
        answer.map(|_| ())
    })
}

async fn settle(queue: &mut Handoffs, outcome: Outcome) {
    let Queued { item, .. } = queue.recv().await.unwrap();
    item.receipt.resolve(outcome);
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

/// Messages of segments: received, stored, dropped as duplicates, under way.
fn books(world: &World) -> [u64; 4] {
    let totals = world.totals(Signal::Segment);
    let dropped = world.account.dropped(Signal::Segment);
    let duplicates: Vec<_> = dropped.iter().filter(|(why, ..)| *why == "duplicate").collect();
    assert!(duplicates.iter().all(|(_, messages, spans)| *spans == 2 * messages));
    let duplicates = duplicates.iter().map(|(_, messages, _)| messages).sum();
    [totals.received.messages, totals.stored.messages, duplicates, totals.in_flight.messages]
}

#[tokio::test]
async fn the_same_message_twice_in_a_stream_and_in_later_ones_is_stored_once() {
    let (world, mut queues) = World::remembering(&Config::default(), 1);
    let first = send(&world, vec![message("a"), message("a"), message("b")]).await;
    settle(&mut queues[0], Outcome::Durable).await;
    // The pump may have taken the batch before the last message.
    until(|| books(&world)[0] == 3).await;
    if books(&world)[3] > 0 {
        settle(&mut queues[0], Outcome::Durable).await;
    }
    first.await.unwrap().unwrap();
    assert_eq!(books(&world), [3, 2, 1, 0]);
    send(&world, vec![message("b"), message("a")]).await.await.unwrap().unwrap();
    assert_eq!(books(&world), [5, 2, 3, 0]);
    let records = position_of(&world).await.0;
    assert!((1..=2).contains(&records), "{records}: what came again is not in the log");
    assert_eq!(world.totals(Signal::Segment).stored, count(2, 4));
}

async fn position_of(world: &World) -> Position {
    let mut last = Position(0);
    let mut take = |position, _: Record<'_>| {
        last = position;
        true
    };
    world.journal.replay(Position(1), &mut take).await.unwrap();
    last
}

#[tokio::test]
async fn a_second_stream_waits_for_the_outcome_of_the_first() {
    for outcome in [Outcome::Durable, Outcome::Dropped("storage_failed")] {
        let (world, mut queues) = World::remembering(&Config::default(), 1);
        let first = send(&world, vec![message("a")]).await;
        let under_way = queues[0].recv().await.unwrap();
        let second = send(&world, vec![message("a")]).await;
        until(|| books(&world)[2] == 1).await;
        tokio::task::yield_now().await;
        assert!(!second.is_finished(), "nothing is stored yet");
        under_way.item.receipt.resolve(outcome);
        let (first, second) = (first.await.unwrap(), second.await.unwrap());
        assert_eq!((first.is_ok(), second.is_ok()), (outcome == Outcome::Durable, first.is_ok()));
        // What came to nothing is taken when it comes again.
        let third = send(&world, vec![message("a")]).await;
        if outcome != Outcome::Durable {
            settle(&mut queues[0], Outcome::Durable).await;
        }
        third.await.unwrap().unwrap();
        assert_eq!(world.totals(Signal::Segment).stored, count(1, 2));
        assert_eq!(books(&world)[3], 0);
    }
}

#[tokio::test]
async fn a_message_that_the_log_refused_is_taken_when_it_comes_again() {
    let (world, mut queues) = World::remembering(&Config::default(), 1);
    *world.journal.is_broken.lock() = true;
    assert!(send(&world, vec![message("a")]).await.await.unwrap().is_err());
    *world.journal.is_broken.lock() = false;
    let again = send(&world, vec![message("a")]).await;
    settle(&mut queues[0], Outcome::Durable).await;
    again.await.unwrap().unwrap();
    assert_eq!(books(&world), [2, 1, 0, 0]);
}

#[tokio::test]
async fn reports_of_jvms_count_once_and_life_signs_whenever_they_come() {
    let (world, mut queues) = World::remembering(&Config::default(), 1);
    let report = v3::JvmMetricCollection {
        service: "a".into(),
        service_instance: "i".into(),
        metrics: vec![v3::JvmMetric { time: 1_700_000_000_000, ..Default::default() }],
    };
    let mut client = JvmMetricReportServiceClient::new(world.channel().await);
    let consumer = tokio::spawn(async move {
        while let Some(Queued { item, .. }) = queues[0].recv().await {
            item.receipt.resolve(Outcome::Durable);
        }
    });
    for _ in 0..3 {
        client.collect(report.clone()).await.unwrap();
    }
    let ping = v3::InstancePingPkg { service: "a".into(), ..Default::default() };
    let mut client =
        v3::management_service_client::ManagementServiceClient::new(world.channel().await);
    for _ in 0..3 {
        client.keep_alive(ping.clone()).await.unwrap();
    }
    let jvm = world.totals(Signal::Jvm);
    assert_eq!((jvm.received.messages, jvm.stored.messages, jvm.dropped.messages), (3, 1, 2));
    assert_eq!(world.totals(Signal::Management).stored.messages, 3);
    consumer.abort();
}

/// What was stored is known after a restart: by the log, by a checkpoint, and
/// with another number of shards.
#[tokio::test]
async fn what_was_stored_is_known_after_a_restart() {
    let config = Config::default();
    let services: Vec<_> = (0..20).map(|number| format!("service {number}")).collect();
    for (before, after) in [(2, 2), (2, 3), (3, 1)] {
        let (world, queues) = World::remembering(&config, before);
        let consumers = queues.into_iter().map(|mut queue| {
            tokio::spawn(async move {
                while let Some(Queued { item, .. }) = queue.recv().await {
                    item.receipt.resolve(Outcome::Durable);
                }
            })
        });
        let consumers: Vec<_> = consumers.collect();
        let (kept, logged) = services.split_at(10);
        let messages = |of: &[String]| of.iter().map(|service| message(service)).collect();
        send(&world, messages(kept)).await.await.unwrap().unwrap();
        let checkpoint = world.duplicates.prepare().finish();
        let position = position_of(&world).await;
        // Copied before the last of them came, and finished then.
        let early = world.duplicates.prepare();
        send(&world, messages(logged)).await.await.unwrap().unwrap();
        let all = early.finish();
        assert!(all.len() > checkpoint.len());
        let mut replayed = tables(&config, after);
        replayed.restore(&checkpoint).unwrap();
        for record in world.journal.records.lock().iter().skip(position.0 as usize) {
            replayed.replay(record).unwrap();
        }
        let mut restored = tables(&config, after);
        restored.restore(&all).unwrap();
        assert!(restored.restore(&all[..all.len() - 1]).is_err());
        for tables in [replayed, restored] {
            let (world, _queues) = World::with_tables(&config, after, tables);
            send(&world, messages(&services)).await.await.unwrap().unwrap();
            assert_eq!(books(&world), [20, 0, 20, 0], "{before} shards, then {after}");
        }
        consumers.iter().for_each(JoinHandle::abort);
    }
}

#[tokio::test]
async fn what_has_no_room_is_forgotten_and_counted() {
    let mut config = Config::default();
    config.duplicates.memory = skytrail_base::quantity::Bytes(24 * 64);
    let (world, mut queues) = World::remembering(&config, 1);
    tokio::spawn(async move {
        while let Some(Queued { item, .. }) = queues[0].recv().await {
            item.receipt.resolve(Outcome::Durable);
        }
    });
    for number in 0..200 {
        send(&world, vec![message(&format!("service {number}"))]).await.await.unwrap().unwrap();
    }
    send(&world, vec![message("service 0")]).await.await.unwrap().unwrap();
    assert_eq!(books(&world), [201, 201, 0, 0]);
    let text = world.registry.encode();
    let forgotten = text.lines().find_map(|line| {
        line.strip_prefix("skytrail_ingest_forgotten_messages_total ")?.parse::<u64>().ok()
    });
    assert!(forgotten.unwrap() >= 201 - 64, "{forgotten:?}");
}
