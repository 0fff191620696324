//! How the process ends.

use std::net::SocketAddr;

use axum::body::Body;
use http::{Request, StatusCode};
use skytrail_demo::fixed;
use skytrail_proto::v3::SegmentObject;
use skytrail_proto::v3::trace_segment_report_service_client::TraceSegmentReportServiceClient;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};
use tonic_health::ServingStatus;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;

use crate::process::Server;
use crate::wire;

async fn channel(address: SocketAddr) -> Channel {
    let endpoint = Endpoint::from_shared(format!("http://{address}")).unwrap();
    endpoint.connect().await.unwrap()
}

async fn client(address: SocketAddr) -> TraceSegmentReportServiceClient<Channel> {
    TraceSegmentReportServiceClient::new(channel(address).await)
}

/// The value of a metric of the server itself.
async fn metric(server: &Server, name: &str) -> u64 {
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let text = wire::ask(server.telemetry, request).await.text;
    let value = text.lines().find_map(|line| line.strip_prefix(name));
    // A label that was not seen yet has no line.
    value.map_or(0, |value| value.trim().parse().unwrap())
}

/// Segments of the current minute; the set's own time is long gone.
fn segments() -> Vec<SegmentObject> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    fixed::segments(i64::try_from(now.as_millis()).unwrap() / 60_000 * 60_000)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_is_stored_and_an_open_stream_is_told_to_come_again() {
    let mut server = Server::start(&["ingest.batch.answer_timeout=10s"]);
    let mut client = client(server.grpc).await;
    let segments = segments();
    let count = segments.len() as u64;
    client.collect(tokio_stream::iter(segments.clone())).await.unwrap();
    let stored = "skytrail_stored_messages_total{signal=\"segment\"}";
    assert_eq!(metric(&server, stored).await, count);

    let (sender, receiver) = mpsc::channel(64);
    for segment in segments {
        sender.send(segment).await.unwrap();
    }
    let call = tokio::spawn(async move { client.collect(ReceiverStream::new(receiver)).await });
    // The stream is open and what it brought is in the books.
    let received = "skytrail_received_messages_total{signal=\"segment\"}";
    while metric(&server, received).await < 2 * count {
        tokio::task::yield_now().await;
    }
    server.terminate();
    // Not acknowledged, so that the agent sends again what it cannot know to be stored.
    let status = call.await.unwrap().unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::Unavailable, "the server is stopping"));
    drop(sender);
    let end = tokio::task::spawn_blocking(move || {
        let status = server.ended();
        server.wait_for("stopped");
        (status, server.said())
    });
    let (status, said) = end.await.unwrap();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(!said.contains("ERROR"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_that_the_client_has_ended_are_answered_before_the_end() {
    let mut server = Server::start(&[]);
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(client(server.grpc).await);
    }
    let segments: Vec<_> = segments().into_iter().cycle().take(3_000).collect();
    let calls: Vec<_> = clients
        .into_iter()
        .map(|mut client| {
            let stream = tokio_stream::iter(segments.clone());
            tokio::spawn(async move { client.collect(stream).await })
        })
        .collect();
    let received = "skytrail_received_messages_total{signal=\"segment\"}";
    while metric(&server, received).await == 0 {
        tokio::task::yield_now().await;
    }
    server.terminate();
    for call in calls {
        // Either all of it is stored, or the agent is told to come again.
        if let Err(status) = call.await.unwrap() {
            assert_eq!(status.code(), Code::Unavailable, "{status:?}");
        }
    }
    let end = tokio::task::spawn_blocking(move || (server.ended(), server.said()));
    let (status, said) = end.await.unwrap();
    assert_eq!(status.code(), Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_it_at_once() {
    let mut server = Server::start(&["server.shutdown_timeout=60s"]);
    // A body that does not come holds the connection, and with it the shutdown.
    let (sender, receiver) = mpsc::channel::<Result<axum::body::Bytes, std::io::Error>>(1);
    let body = Body::from_stream(ReceiverStream::new(receiver));
    let request = Request::post("/v3/segments").header("content-type", "application/json");
    let address = server.rest;
    let request = request.body(body).unwrap();
    let call = tokio::spawn(async move { wire::ask(address, request).await });
    sender.send(Ok("[".into())).await.unwrap();
    let accepted = "skytrail_connections_open{port=\"rest\"}";
    while metric(&server, accepted).await == 0 {
        tokio::task::yield_now().await;
    }
    server.terminate();
    let end = tokio::task::spawn_blocking(move || {
        server.wait_for("stopping");
        server.terminate();
        let status = server.ended();
        (status, server.said())
    });
    let (status, said) = end.await.unwrap();
    assert_eq!(status.code(), Some(130), "{said}");
    call.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_stops_when_nobody_is_there() {
    let mut server = Server::start(&[]);
    // Its ports are open before every part runs; until then it answers 503.
    let ask = || Request::get("/healthcheck").body(Body::empty()).unwrap();
    while wire::ask(server.rest, ask()).await.status == StatusCode::SERVICE_UNAVAILABLE {
        tokio::task::yield_now().await;
    }
    assert_eq!(wire::ask(server.rest, ask()).await.status, StatusCode::OK);
    let end = tokio::task::spawn_blocking(move || {
        server.terminate();
        (server.ended(), server.said())
    });
    let (status, said) = end.await.unwrap();
    assert_eq!(status.code(), Some(0), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_watches_a_service_hears_that_it_stops() {
    let mut server = Server::start(&[]);
    let mut health = HealthClient::new(channel(server.grpc).await);
    let services = ["", "skywalking.v3.TraceSegmentReportService", "JVMMetricReportService"];
    let mut watches = Vec::new();
    for service in services {
        let request = HealthCheckRequest { service: service.to_owned() };
        watches.push(health.watch(request).await.unwrap().into_inner());
    }
    for watch in &mut watches {
        let answer = watch.message().await.unwrap().unwrap();
        assert_eq!(answer.status, ServingStatus::Serving as i32);
    }
    server.terminate();
    for (watch, service) in watches.iter_mut().zip(services) {
        let answer = watch.message().await.unwrap().unwrap();
        assert_eq!(answer.status, ServingStatus::NotServing as i32, "{service}");
    }
    // The streams end with it: no connection waits for its peers to hang up.
    for (watch, service) in watches.iter_mut().zip(services) {
        let end = watch.message().await.unwrap_err();
        let told = (end.code(), end.message());
        assert_eq!(told, (Code::Unavailable, "the server is stopping"), "{service}");
    }
    let end = tokio::task::spawn_blocking(move || (server.ended(), server.said()));
    let (status, said) = end.await.unwrap();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(!said.contains("cut off"), "{said}");
}
