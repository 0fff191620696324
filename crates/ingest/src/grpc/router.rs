//! The routes of the gRPC port.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use prost::Message;
use skytrail_base::future::BoxFuture;
use skytrail_proto::raw::BytesCodec;
use tonic::codec::CompressionEncoding;
use tonic::server::Grpc;
use tonic::service::Routes;
use tonic::{Status, Streaming};
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::HealthServer;
use tonic_health::server::HealthService;
use tower::service_fn;

use super::stream::Messages;
use crate::intake::Intake;
use crate::{auth, otlp, skywalking};

/// Health says nothing but that the process lives, and probes carry no token.
const OPEN_PREFIX: &str = "/grpc.health.v1.Health/";

/// The services of all protocols, health and reflection.
pub(crate) fn router(intake: &Arc<Intake>) -> Router {
    let router = beside(intake).into_axum_router();
    let router = skywalking::grpc::routes(router, intake);
    let router = otlp::grpc::routes(router, intake);
    router.layer(from_fn_with_state(intake.clone(), authenticate))
}

/// Names that have a health: each service, and the empty one for the process.
pub(crate) fn services() -> impl Iterator<Item = &'static str> {
    let named: BTreeSet<_> = skywalking::grpc::services().chain(otlp::grpc::SERVICES).collect();
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
    let message = "neither 'authorization: Bearer …' nor 'authentication' carries the token of \
                   ingest.auth.token";
    Status::unauthenticated(message).into_http()
}

/// Answers a call that ends with one answer. The library answers; the messages
/// are read past it, because it copies each. On the wire a call of one message
/// is a stream that ends after it.
pub(crate) async fn call<R, F>(
    intake: Arc<Intake>,
    request: Request,
    answer: impl FnOnce(Messages) -> F,
) -> Response
where
    R: Message + Default + 'static,
    F: Future<Output = Result<tonic::Response<R>, Status>> + Send + 'static,
{
    let (messages, request) = Messages::of(intake, request);
    let mut grpc =
        Grpc::new(BytesCodec::<R>::default()).accept_compressed(CompressionEncoding::Gzip);
    let stream = once(messages, answer);
    grpc.client_streaming(service_fn(stream), request).await.map(Body::new)
}

/// A service for the one request of a call: what the library read of it is
/// nothing, the messages are given instead.
pub(crate) fn once<A, F>(
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
