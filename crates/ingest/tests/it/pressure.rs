//! A consumer that does not keep up. No sockets here, so that time can stand still.

use std::time::Duration;

use axum::body::Body;
use bytes::{BufMut, Bytes};
use futures_util::StreamExt;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt;
use prost::Message;
use skytrail_base::account::Signal;
use skytrail_base::outcome::Outcome;
use skytrail_base::quantity::Bytes as Size;
use skytrail_ingest::Config;
use skytrail_proto::v3::SegmentCollection;
use tokio::time::Instant;
use tonic::{Code, Status};
use tower::ServiceExt;

use crate::harness::{World, gzip, segment};

fn tight() -> Config {
    let mut config = Config::default();
    config.batch.max_size = Size(16 << 10);
    config.batch.queue_size = Size(64 << 10);
    config
}

fn stream(messages: &[Bytes]) -> Request<Body> {
    let mut body = Vec::new();
    for message in messages {
        body.put_u8(0);
        body.put_u32(message.len() as u32);
        body.put_slice(message);
    }
    Request::post("/skywalking.v3.TraceSegmentReportService/collect")
        .header("content-type", "application/grpc")
        .body(Body::from(body))
        .unwrap()
}

async fn status(response: Response<Body>) -> Status {
    let in_headers = Status::from_header_map(response.headers());
    let trailers = response.into_body().collect().await.unwrap().trailers().cloned();
    let in_trailers = trailers.as_ref().and_then(Status::from_header_map);
    in_headers.or(in_trailers).unwrap()
}

fn messages(count: usize) -> Vec<Bytes> {
    let large = "x".repeat(3000);
    (0..count).map(|_| Bytes::from(segment("s", &[&large]).encode_to_vec())).collect()
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_stalls_a_stream_and_then_says_so() {
    let (world, queues) = World::without_consumer(&tight(), 1);
    let start = Instant::now();
    let response = world.ingest_grpc.clone().oneshot(stream(&messages(200))).await.unwrap();
    let status = status(response).await;
    assert_eq!(start.elapsed(), Duration::from_secs(20));
    assert_eq!(status.code(), Code::ResourceExhausted);
    assert_eq!(status.message(), "no room within ingest.batch.stall_timeout (20 s)");
    assert_eq!(world.account.dropped(Signal::Segment), vec![("overloaded", 1, 1)]);
    let in_flight = world.totals(Signal::Segment).in_flight.messages;
    assert!((5..60).contains(&in_flight), "{in_flight}");

    let body = skytrail_proto::json::to_vec(&segment("s", &["/a"])).unwrap();
    let request = Request::post("/v3/segment").body(Body::from(body)).unwrap();
    let response = world.ingest_http.clone().oneshot(request).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_secs(40));
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(response.headers().contains_key("retry-after"));

    // Nothing that was promised gets lost when the consumer goes away: it is told.
    drop(queues);
    world.running.abort();
    let _ = world.running.await;
    drop(world.ingest_grpc);
    drop(world.ingest_http);
    let totals = world.account.totals(Signal::Segment);
    assert_eq!(totals.in_flight.messages, 0);
    assert_eq!(totals.received.messages, totals.dropped.messages);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_stream_goes_on_when_there_is_room() {
    let (world, mut queues) = World::without_consumer(&tight(), 1);
    let mut queue = queues.remove(0);
    let consumer = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(15)).await;
        let mut largest = 0;
        while let Some(queued) = queue.recv().await {
            largest = largest.max(queued.item.item.spans.bytes.len());
            queued.item.receipt.resolve(Outcome::Durable);
        }
        largest
    });
    let start = Instant::now();
    let response = world.ingest_grpc.clone().oneshot(stream(&messages(200))).await.unwrap();
    assert_eq!(status(response).await.code(), Code::Ok);
    assert!(start.elapsed() >= Duration::from_secs(15));
    let totals = world.totals(Signal::Segment);
    assert_eq!((totals.received.messages, totals.stored.messages), (200, 200));
    let text = world.registry.encode();
    assert!(text.contains("skytrail_ingest_stalls_total"), "{text}");
    world.trigger.stop();
    world.running.await.unwrap();
    drop((world.ingest_grpc, world.ingest_http));
    let largest = consumer.await.unwrap();
    assert!(largest < (16 << 10) + 4000, "{largest}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_is_given_up() {
    let (world, _queues) = World::without_consumer(&Config::default(), 1);
    let start = Instant::now();
    let response = world.ingest_grpc.clone().oneshot(stream(&messages(1))).await.unwrap();
    let status = status(response).await;
    assert_eq!(
        (status.code(), status.message()),
        (Code::Unavailable, "not stored: answer_timeout")
    );
    assert_eq!(start.elapsed(), Duration::from_secs(60));
}

/// A call whose messages come in these pieces, and which then stays open.
fn open_stream(pieces: Vec<Vec<u8>>) -> Request<Body> {
    let pieces = futures_util::stream::iter(pieces.into_iter().map(Ok::<_, std::io::Error>));
    let body = Body::from_stream(pieces.chain(futures_util::stream::pending()));
    stream(&[]).map(|_| body)
}

#[tokio::test(start_paused = true)]
async fn large_messages_hold_room_while_they_come() {
    let mut config = tight();
    config.grpc.max_message_size = Size(1 << 20);
    config.http.max_body_size = Size(1 << 20);
    config.batch.in_flight_size = Size(1 << 20);
    let world = World::start(&config, 1, |_| Outcome::Durable);
    let begun =
        |flag: u8, len: u32| vec![[&[flag][..], &len.to_be_bytes()].concat(), vec![7; 1000]];
    // It holds what it says it will take, before that came; a packed one what it may become.
    for first in [begun(0, 800_000), begun(1, 2_000)] {
        let slow = tokio::spawn(world.ingest_grpc.clone().oneshot(open_stream(first)));
        tokio::time::sleep(Duration::from_secs(1)).await;
        let second = world.ingest_grpc.clone().oneshot(open_stream(begun(0, 800_000))).await;
        let refused = status(second.unwrap()).await;
        assert_eq!(refused.code(), Code::ResourceExhausted);
        assert!(refused.message().contains("ingest.batch.in_flight_size"), "{refused}");
        let ended = status(slow.await.unwrap().unwrap()).await;
        assert_eq!(ended.code(), Code::DeadlineExceeded, "{ended}");
    }
    let small = Bytes::from(segment("s", &["/a"]).encode_to_vec());
    let taken = world.ingest_grpc.clone().oneshot(stream(&[small])).await.unwrap();
    assert_eq!(status(taken).await.code(), Code::Ok);
}

#[tokio::test]
async fn a_call_that_ends_within_a_message_is_told_so_and_keeps_the_whole_ones() {
    let world = World::start(&tight(), 1, |_| Outcome::Durable);
    let small = Bytes::from(segment("s", &["/a"]).encode_to_vec());
    let whole = stream(&[small.clone(), small]).into_body().collect().await.unwrap().to_bytes();
    let cut = stream(&[]).map(|_| Body::from(whole.slice(..whole.len() - 1)));
    let ended = status(world.ingest_grpc.clone().oneshot(cut).await.unwrap()).await;
    assert_eq!((ended.code(), ended.message()), (Code::Internal, "the call ends within a message"));
    world.trigger.stop();
    world.running.await.unwrap();
    world.consumers.join_all().await;
    assert_eq!(world.account.totals(Signal::Segment).stored.messages, 1);
}

#[tokio::test(start_paused = true)]
async fn a_packed_message_that_came_whole_holds_room_until_it_is_stored() {
    let mut config = tight();
    config.grpc.max_message_size = Size(1 << 20);
    config.http.max_body_size = Size(1 << 20);
    config.batch.in_flight_size = Size(1 << 20);
    let (world, _queues) = World::without_consumer(&config, 1);
    let collection = SegmentCollection { segments: vec![segment("s", &[&"x".repeat(900_000)])] };
    let packed = gzip(&collection.encode_to_vec());
    assert!(packed.len() < 4096);
    let body = [&[1][..], &(packed.len() as u32).to_be_bytes(), &packed].concat();
    let request = Request::post("/skywalking.v3.TraceSegmentReportService/collectInSync")
        .header("content-type", "application/grpc")
        .header("grpc-encoding", "gzip")
        .body(Body::from(body))
        .unwrap();
    let waiting = tokio::spawn(world.ingest_grpc.clone().oneshot(request));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(world.totals(Signal::Segment).in_flight.messages, 1);
    let large = vec![[&[0][..], &800_000_u32.to_be_bytes()].concat()];
    let second = world.ingest_grpc.clone().oneshot(open_stream(large)).await.unwrap();
    let refused = status(second).await;
    assert!(refused.message().contains("ingest.batch.in_flight_size"), "{refused}");
    assert!(!waiting.is_finished());
}
