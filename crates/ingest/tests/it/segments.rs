//! Segments over gRPC.

use bytes::Bytes;
use prost::Message;
use skytrail_base::account::Signal;
use skytrail_base::outcome::Outcome;
use skytrail_base::quantity::{Bytes as Size, Period};
use skytrail_ingest::{Config, Replayer};
use skytrail_model::batch::Batch;
use skytrail_proto::raw::v3::trace_segment_report_service_client::TraceSegmentReportServiceClient as RawClient;
use skytrail_proto::v3::trace_segment_report_service_client::TraceSegmentReportServiceClient as Client;
use skytrail_proto::{compat, v3};
use tonic::Code;
use tonic::codec::CompressionEncoding::Gzip;

use crate::harness::{World, count, segment, store};

#[tokio::test]
async fn a_stream_is_answered_once_its_segments_are_stored() {
    let world = World::start(&Config::default(), 2, store);
    let mut client = Client::new(world.channel().await).send_compressed(Gzip);
    let segments: Vec<_> =
        (0..50).map(|n| segment(&format!("service {}", n % 7), &["/a", "/b"])).collect();
    let answer = client.collect(tokio_stream::iter(segments.clone())).await.unwrap();
    assert_eq!(answer.into_inner().commands, vec![]);
    let totals = world.totals(Signal::Segment);
    assert_eq!((totals.received, totals.stored), (count(50, 100), count(50, 100)));
    let mut seen = world.segments();
    let mut sent: Vec<_> =
        segments.iter().map(|segment| (segment.service.clone(), "/a".to_owned())).collect();
    seen.sort();
    sent.sort();
    assert_eq!(seen, sent);
}

#[tokio::test]
async fn the_service_without_a_package_is_the_same_one() {
    let world = World::start(&Config::default(), 1, store);
    let mut client =
        compat::trace_segment_report_service_client::TraceSegmentReportServiceClient::new(
            world.channel().await,
        );
    client.collect(tokio_stream::iter([segment("old", &["/a"])])).await.unwrap();
    let collection = v3::SegmentCollection { segments: vec![segment("old", &["/b"])] };
    client.collect_in_sync(collection).await.unwrap();
    assert_eq!(world.totals(Signal::Segment).stored, count(2, 2));
}

fn limited() -> Config {
    let mut config = Config::default();
    config.segment.max_spans = 3;
    config.grpc.max_message_size = Size(64 << 10);
    config
}

#[tokio::test]
async fn a_refused_segment_does_not_fail_its_stream() {
    let world = World::start(&limited(), 2, store);
    let mut client = RawClient::new(world.channel().await);
    let messages = [
        segment("good", &["/a"]).encode_to_vec(),
        segment("big", &["/a", "/b", "/c", "/d"]).encode_to_vec(),
        segment("empty", &[]).encode_to_vec(),
        b"\x1a\x00\x1a\x00\x0a\xff".to_vec(),
        b"\x1a\x02\x08\xff\x22\x01x".to_vec(),
        segment("good", &["/b"]).encode_to_vec(),
    ];
    client.collect(tokio_stream::iter(messages.map(Bytes::from))).await.unwrap();
    let totals = world.totals(Signal::Segment);
    assert_eq!((totals.received, totals.stored), (count(6, 9), count(2, 2)));
    assert_eq!(
        world.account.refused(Signal::Segment),
        vec![("malformed", 2, 3), ("no_spans", 1, 0), ("spans", 1, 4)]
    );
}

#[tokio::test]
async fn an_oversized_message_ends_the_stream_and_names_the_limit() {
    let world = World::start(&limited(), 1, store);
    let mut client = RawClient::new(world.channel().await);
    let small = Bytes::from(segment("s", &["/a"]).encode_to_vec());
    let large = Bytes::from(vec![0; (64 << 10) + 1]);
    let refused =
        client.collect(tokio_stream::iter([small.clone(), large.clone()])).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange);
    assert_eq!(
        refused.message(),
        "message of 65537 bytes exceeds ingest.grpc.max_message_size (65536 bytes)"
    );
    let refused = client.collect_in_sync(large.clone()).await.unwrap_err();
    assert!(refused.message().contains("ingest.grpc.max_message_size"), "{refused}");
    let mut packed = client.clone().send_compressed(Gzip);
    let refused = packed.collect(tokio_stream::iter([large])).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange);
    assert!(refused.message().contains("ingest.grpc.max_message_size (65536 bytes) after"));
    // The connection lives on.
    client.collect(tokio_stream::iter([small])).await.unwrap();
}

#[tokio::test]
async fn a_collection_fails_only_when_nothing_of_it_is_taken() {
    let world = World::start(&limited(), 2, store);
    let mut client = Client::new(world.channel().await);
    let big = segment("big", &["/a", "/b", "/c", "/d"]);
    let mixed = vec![segment("a", &["/a"]), big.clone(), segment("b", &["/b"])];
    client.collect_in_sync(v3::SegmentCollection { segments: mixed }).await.unwrap();
    let none = v3::SegmentCollection { segments: vec![big] };
    let refused = client.collect_in_sync(none).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(refused.message(), "message refused: spans 4 exceeds ingest.segment.max_spans (3)");
    let mut raw = RawClient::new(world.channel().await);
    let refused = raw.collect_in_sync(Bytes::from_static(b"\x0a\x01")).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert_eq!(world.totals(Signal::Segment).stored, count(2, 2));
}

#[tokio::test]
async fn what_is_taken_and_then_lost_is_a_retryable_error() {
    let world = World::start(&Config::default(), 1, |_| Outcome::Dropped("disk_full"));
    let mut client = Client::new(world.channel().await);
    let lost = client.collect(tokio_stream::iter([segment("s", &["/a"])])).await.unwrap_err();
    assert_eq!((lost.code(), lost.message()), (Code::Unavailable, "not stored: disk_full"));
    *world.journal.is_broken.lock() = true;
    let lost = client.collect(tokio_stream::iter([segment("s", &["/a"])])).await.unwrap_err();
    assert_eq!(lost.message(), "not stored: journal");
    let dropped = world.account.dropped(Signal::Segment);
    assert_eq!(dropped, vec![("disk_full", 1, 1), ("journal", 1, 1)]);
}

#[tokio::test]
async fn silent_peers_are_let_go() {
    let mut config = Config::default();
    config.grpc.first_message_timeout = Period(50_000_000);
    config.grpc.idle_stream_timeout = Period(50_000_000);
    let world = World::start(&config, 1, store);
    let mut client = Client::new(world.channel().await);
    let silent = client.collect(tokio_stream::pending()).await.unwrap_err();
    assert_eq!(silent.code(), Code::DeadlineExceeded);
    assert!(silent.message().contains("ingest.grpc.first_message_timeout (0.05 s)"), "{silent}");
    let one = futures_util::StreamExt::chain(
        tokio_stream::iter([segment("s", &["/a"])]),
        tokio_stream::pending(),
    );
    let idle = client.collect(one).await.unwrap_err();
    assert!(idle.message().contains("ingest.grpc.idle_stream_timeout"), "{idle}");
    let text = world.registry.encode();
    assert!(text.contains("skytrail_ingest_ended_calls_total{reason=\"slow\"} 2"), "{text}");
    assert!(text.contains("skytrail_ingest_open_streams 0"), "{text}");
}

#[tokio::test]
async fn every_record_of_the_journal_replays_to_its_batch() {
    let world = World::start(&Config::default(), 2, store);
    let channel = world.channel().await;
    let mut client = RawClient::new(channel.clone());
    let mut messages: Vec<Bytes> = (0..100)
        .map(|n| segment(&format!("service {}", n % 9), &["/a", "/b"]).encode_to_vec().into())
        .collect();
    messages.push(Bytes::from_static(b"\x22\x01s\x1a\x04\x32\x02\xff\xfe"));
    client.collect(tokio_stream::iter(messages)).await.unwrap();
    let mut jvm = v3::jvm_metric_report_service_client::JvmMetricReportServiceClient::new(channel);
    let metrics = vec![v3::JvmMetric { time: 7, ..Default::default() }];
    let report = v3::JvmMetricCollection { metrics, service: "s".into(), ..Default::default() };
    jvm.collect(report).await.unwrap();

    let mut tables = Replayer::new(Config::default().validate().unwrap().symbols);
    let batches = world.batches.lock();
    assert_eq!(world.journal.records.lock().len(), batches.len());
    for record in world.journal.records.lock().iter() {
        let again = tables.replay(record).unwrap();
        let is_same =
            |batch: &&Batch| batch.shard == record.shard && batch.spans.bytes == *record.payload;
        let first = batches.iter().find(is_same).unwrap();
        assert_eq!((again.arrival, &again.jvm), (first.arrival, &first.jvm));
        let (ours, theirs) = (&again.spans, &first.spans);
        assert!(ours.spans == theirs.spans && ours.segments == theirs.segments);
        assert!(ours.attributes == theirs.attributes && ours.bytes == theirs.bytes);
        // Fresh tables that see the same messages in the same order give the same symbols.
        assert_eq!(ours.names, theirs.names);
    }
}

#[tokio::test]
async fn stopping_ends_streams_and_hands_over_what_was_taken() {
    let world = World::start(&Config::default(), 2, store);
    let mut client = Client::new(world.channel().await);
    let (sender, receiver) = tokio::sync::mpsc::channel(1);
    let stream = futures_util::stream::unfold(receiver, |mut receiver| async move {
        receiver.recv().await.map(|segment| (segment, receiver))
    });
    let call = tokio::spawn(async move { client.collect(stream).await });
    sender.send(segment("s", &["/a"])).await.unwrap();
    while world.totals(Signal::Segment).received.messages == 0 {
        tokio::task::yield_now().await;
    }
    world.trigger.stop();
    world.running.await.unwrap();
    let ended = call.await.unwrap().unwrap_err();
    assert_eq!((ended.code(), ended.message()), (Code::Unavailable, "the server is stopping"));
    assert_eq!(world.account.totals(Signal::Segment).stored, count(1, 1));
}
