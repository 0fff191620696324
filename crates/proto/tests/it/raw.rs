//! The services that leave their messages as bytes, over a real connection.

use std::net::SocketAddr;

use bytes::Bytes;
use prost::Message;
use skytrail_proto::raw::{compat, v3 as raw};
use skytrail_proto::v3;
use tokio::net::TcpListener;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::transport::server::TcpIncoming;
use tonic::transport::{Channel, Endpoint, Server};
use tonic::{Code, Request, Response, Status, Streaming};

const MAX_MESSAGE: usize = 64 * 1024;

/// Answers with one command per message taken, named by the length of the message and its digest
/// or, for short ones, its text.
#[derive(Clone, Copy)]
struct Echo;

fn answer(messages: &[Bytes]) -> Response<v3::Commands> {
    let commands = messages.iter().map(|message| v3::Command {
        command: match message.len() {
            0..64 => String::from_utf8_lossy(message).into_owned(),
            long => format!("{long} bytes, sum {}", sum(message)),
        },
        args: vec![],
    });
    Response::new(v3::Commands { commands: commands.collect() })
}

fn sum(message: &[u8]) -> u64 {
    message.iter().copied().map(u64::from).sum()
}

async fn drain(mut stream: Streaming<Bytes>) -> Result<Vec<Bytes>, Status> {
    let mut messages = Vec::new();
    while let Some(message) = stream.message().await? {
        messages.push(message);
    }
    Ok(messages)
}

#[tonic::async_trait]
impl raw::trace_segment_report_service_server::TraceSegmentReportService for Echo {
    async fn collect(
        &self,
        request: Request<Streaming<Bytes>>,
    ) -> Result<Response<v3::Commands>, Status> {
        Ok(answer(&drain(request.into_inner()).await?))
    }

    async fn collect_in_sync(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<v3::Commands>, Status> {
        Ok(answer(&[request.into_inner()]))
    }
}

#[tonic::async_trait]
impl compat::trace_segment_report_service_server::TraceSegmentReportService for Echo {
    async fn collect(
        &self,
        request: Request<Streaming<Bytes>>,
    ) -> Result<Response<v3::Commands>, Status> {
        Ok(answer(&drain(request.into_inner()).await?))
    }

    async fn collect_in_sync(&self, _: Request<Bytes>) -> Result<Response<v3::Commands>, Status> {
        Ok(answer(&[Bytes::from_static(b"compat")]))
    }
}

async fn connect() -> Channel {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    let service =
        raw::trace_segment_report_service_server::TraceSegmentReportServiceServer::new(Echo)
            .accept_compressed(Gzip)
            .max_decoding_message_size(MAX_MESSAGE);
    let server = Server::builder()
        .add_service(service)
        .add_service(
            compat::trace_segment_report_service_server::TraceSegmentReportServiceServer::new(Echo),
        )
        .serve_with_incoming(TcpIncoming::from(listener));
    tokio::spawn(server);
    Endpoint::from_shared(format!("http://{address}")).unwrap().connect().await.unwrap()
}

fn names(answer: Response<v3::Commands>) -> Vec<String> {
    answer.into_inner().commands.into_iter().map(|command| command.command).collect()
}

/// Longer than the initial buffer, shorter, and empty; all different.
fn messages() -> Vec<Bytes> {
    let mut messages = vec![Bytes::from_static(b"first"), Bytes::new()];
    messages.extend((1..40_u8).map(|n| Bytes::from(vec![n; 500 * usize::from(n)])));
    messages
}

#[tokio::test]
async fn messages_arrive_whole_and_in_order() {
    let channel = connect().await;
    let expected = names(answer(&messages()));

    let mut client = raw::trace_segment_report_service_client::TraceSegmentReportServiceClient::new(
        channel.clone(),
    );
    let reply = client.collect(tokio_stream::iter(messages())).await.unwrap();
    assert_eq!(names(reply), expected);

    let mut packed = client.clone().send_compressed(Gzip);
    let reply = packed.collect(tokio_stream::iter(messages())).await.unwrap();
    assert_eq!(names(reply), expected);

    let reply = client.collect_in_sync(Bytes::from_static(b"one")).await.unwrap();
    assert_eq!(names(reply), ["one"]);
}

#[tokio::test]
async fn the_route_without_package_is_another_service() {
    let mut client =
        compat::trace_segment_report_service_client::TraceSegmentReportServiceClient::new(
            connect().await,
        );
    let reply = client.collect_in_sync(Bytes::from_static(b"one")).await.unwrap();
    assert_eq!(names(reply), ["compat"]);
    let reply = client.collect(tokio_stream::iter([Bytes::from_static(b"two")])).await.unwrap();
    assert_eq!(names(reply), ["two"]);
}

#[tokio::test]
async fn an_agent_that_encodes_itself_sees_the_same_service() {
    let segment = v3::SegmentObject { trace_id: "t".into(), ..Default::default() };
    let encoded = String::from_utf8(segment.encode_to_vec()).unwrap();
    let channel = connect().await;

    let mut client = v3::trace_segment_report_service_client::TraceSegmentReportServiceClient::new(
        channel.clone(),
    );
    let reply = client.collect(tokio_stream::iter([segment.clone()])).await.unwrap();
    assert_eq!(names(reply), std::slice::from_ref(&encoded));

    let mut older =
        skytrail_proto::compat::trace_segment_report_service_client::TraceSegmentReportServiceClient::new(channel);
    let reply = older.collect(tokio_stream::iter([segment])).await.unwrap();
    assert_eq!(names(reply), [encoded]);
}

#[tokio::test]
async fn a_message_over_the_limit_ends_the_call() {
    let mut client = raw::trace_segment_report_service_client::TraceSegmentReportServiceClient::new(
        connect().await,
    );
    let refused = client.collect_in_sync(Bytes::from(vec![0; MAX_MESSAGE + 1])).await.unwrap_err();
    assert_eq!(refused.code(), Code::OutOfRange);

    // The limit holds for what a compressed message inflates to.
    let mut packed = client.send_compressed(Gzip);
    let refused = packed.collect_in_sync(Bytes::from(vec![0; MAX_MESSAGE + 1])).await.unwrap_err();
    assert_eq!(refused.code(), Code::ResourceExhausted);
}

#[tokio::test]
async fn a_service_that_is_not_offered_is_unimplemented() {
    let mut client = v3::event_service_client::EventServiceClient::new(connect().await);
    let refused = client.collect(tokio_stream::iter([v3::Event::default()])).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unimplemented);
}
