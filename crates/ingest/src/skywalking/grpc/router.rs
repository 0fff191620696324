//! The routes of the gRPC port.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::any;
use bytes::Bytes;
use futures_util::FutureExt;
use skytrail_base::future::BoxFuture;
use skytrail_proto::raw::BytesCodec;
use skytrail_proto::v3::Commands;
use skytrail_proto::v10::AsyncProfilerCollectionResponse;
use tonic::codec::CompressionEncoding;
use tonic::server::Grpc;
use tonic::service::Routes;
use tonic::{Status, Streaming};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::HealthService;
use tower::service_fn;

use super::calls;
use super::methods::{Call, METHODS};
use super::stream::Messages;
use crate::auth;
use crate::intake::Intake;

/// Health says nothing but that the process lives, and probes carry no token.
const OPEN_PREFIX: &str = "/grpc.health.v1.Health/";

/// All agent services, health and reflection.
pub(crate) fn router(intake: &Arc<Intake>) -> Router {
    let mut router = beside(intake).into_axum_router();
    for method in METHODS {
        let (intake, call) = (intake.clone(), method.call);
        let path = format!("/{}/{}", method.service, method.name);
        router = router.route(&path, any(move |request| serve(intake.clone(), call, request)));
    }
    router.layer(from_fn_with_state(intake.clone(), authenticate))
}

/// Names that have a health: each service, and the empty one for the process.
pub(crate) fn services() -> impl Iterator<Item = &'static str> {
    let named: BTreeSet<_> = METHODS.iter().map(|method| method.service).collect();
    std::iter::once("").chain(named)
}

/// Health and reflection.
fn beside(intake: &Intake) -> Routes {
    for service in services() {
        // Nobody holds the lock behind it yet, so there is nothing to wait for.
        let serving = ServingStatus::Serving;
        let _ = intake.health.set_service_status(service, serving).now_or_never();
    }
    let health = HealthService::from_health_reporter(intake.health.clone());
    let mut routes = Routes::new(HealthServer::new(health));
    match (reflection().build_v1(), reflection().build_v1alpha()) {
        (Ok(v1), Ok(v1alpha)) => routes = routes.add_service(v1).add_service(v1alpha),
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!("gRPC reflection is not offered: {error}");
        }
    }
    routes
}

fn reflection() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(skytrail_proto::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

async fn authenticate(State(intake): State<Arc<Intake>>, request: Request, next: Next) -> Response {
    let is_open = request.uri().path().starts_with(OPEN_PREFIX);
    if is_open || auth::is_allowed(&intake.settings.token, request.headers()) {
        return next.run(request).await;
    }
    intake.metrics.unauthenticated("grpc");
    let message = "the metadata 'authentication' does not carry the token of ingest.auth.token";
    Status::unauthenticated(message).into_http()
}

/// The library answers; the messages are read past it, because it copies each.
async fn serve(intake: Arc<Intake>, call: Call, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let is_gzip = parts.headers.get("grpc-encoding").is_some_and(|name| name == "gzip");
    let messages = Messages::new(intake.clone(), body, is_gzip);
    let request = Request::from_parts(parts, Body::empty());
    if let Call::Decline(signal) = call {
        let upload = once(messages, move |messages| async move {
            Ok(tonic::Response::new(calls::decline(intake, signal, messages)))
        });
        let mut grpc = Grpc::new(BytesCodec::<AsyncProfilerCollectionResponse>::default())
            .accept_compressed(CompressionEncoding::Gzip);
        return grpc.streaming(service_fn(upload), request).await.map(Body::new);
    }
    // On the wire a call of one message is a stream that ends after it.
    let mut grpc =
        Grpc::new(BytesCodec::<Commands>::default()).accept_compressed(CompressionEncoding::Gzip);
    let stream = once(messages, move |messages| calls::answer(intake, call, messages));
    grpc.client_streaming(service_fn(stream), request).await.map(Body::new)
}

/// A service for the one request of a call: what the library read of it is
/// nothing, the messages are given instead.
fn once<A, F>(
    messages: Messages,
    answer: impl FnOnce(Messages) -> F,
) -> impl FnMut(tonic::Request<Streaming<Bytes>>) -> BoxFuture<'static, Result<A, Status>>
where
    F: Future<Output = Result<A, Status>> + Send + 'static,
{
    let mut once = Some((messages, answer));
    move |_| match once.take() {
        Some((messages, answer)) => Box::pin(answer(messages)),
        None => Box::pin(async { Err(Status::internal("a call is answered once")) }),
    }
}
