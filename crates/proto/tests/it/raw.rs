//! Messages that are left as bytes, over a real connection.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::task::{Context, Poll};

use bytes::Bytes;
use prost::Message;
use skytrail_proto::raw::{BytesCodec, v3 as raw};
use skytrail_proto::v3;
use tokio::net::TcpListener;
use tonic::body::Body;
use tonic::codec::CompressionEncoding::Gzip;
use tonic::codegen::{BoxFuture, Service, http};
use tonic::server::{ClientStreamingService, Grpc, NamedService, UnaryService};
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

impl ClientStreamingService<Bytes> for Echo {
    type Response = v3::Commands;
    type Future = BoxFuture<Response<v3::Commands>, Status>;

    fn call(&mut self, request: Request<Streaming<Bytes>>) -> Self::Future {
        Box::pin(async move { Ok(answer(&drain(request.into_inner()).await?)) })
    }
}

impl UnaryService<Bytes> for Echo {
    type Response = v3::Commands;
    type Future = BoxFuture<Response<v3::Commands>, Status>;

    fn call(&mut self, request: Request<Bytes>) -> Self::Future {
        Box::pin(async move { Ok(answer(&[request.into_inner()])) })
    }
}

impl NamedService for Echo {
    const NAME: &'static str = "skywalking.v3.TraceSegmentReportService";
}

impl Service<http::Request<Body>> for Echo {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let mut grpc = Grpc::new(BytesCodec::<v3::Commands>::default())
            .accept_compressed(Gzip)
            .max_decoding_message_size(MAX_MESSAGE);
        Box::pin(async move {
            Ok(match request.uri().path().ends_with("/collect") {
                true => grpc.client_streaming(Self, request).await,
                false => grpc.unary(Self, request).await,
            })
        })
    }
}

async fn connect() -> Channel {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap();
    let address = listener.local_addr().unwrap();
    let server =
        Server::builder().add_service(Echo).serve_with_incoming(TcpIncoming::from(listener));
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
async fn an_agent_that_encodes_itself_sees_the_same_service() {
    let segment = v3::SegmentObject { trace_id: "t".into(), ..Default::default() };
    let encoded = String::from_utf8(segment.encode_to_vec()).unwrap();
    let channel = connect().await;

    let mut client =
        v3::trace_segment_report_service_client::TraceSegmentReportServiceClient::new(channel);
    let reply = client.collect(tokio_stream::iter([segment])).await.unwrap();
    assert_eq!(names(reply), std::slice::from_ref(&encoded));
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
