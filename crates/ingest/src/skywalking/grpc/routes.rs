//! The routes of the agents' services.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::any;
use skytrail_base::account::Signal;
use skytrail_proto::raw::BytesCodec;
use skytrail_proto::v10::AsyncProfilerCollectionResponse;
use tonic::codec::CompressionEncoding;
use tonic::server::Grpc;
use tower::service_fn;

use super::calls;
use super::methods::{Call, METHODS};
use crate::grpc::{Messages, call, once};
use crate::intake::Intake;

/// Adds a route for every method.
pub(crate) fn routes(mut router: Router, intake: &Arc<Intake>) -> Router {
    for method in METHODS {
        let (intake, call) = (intake.clone(), method.call);
        let path = format!("/{}/{}", method.service, method.name);
        router = router.route(&path, any(move |request| serve(intake.clone(), call, request)));
    }
    router
}

/// Every service, once for each of its methods.
pub(crate) fn services() -> impl Iterator<Item = &'static str> {
    METHODS.iter().map(|method| method.service)
}

async fn serve(intake: Arc<Intake>, method: Call, request: Request) -> Response {
    if let Call::Decline(signal) = method {
        return decline(intake, signal, request).await;
    }
    let of_call = intake.clone();
    call(intake, request, move |messages| calls::answer(of_call, method, messages)).await
}

async fn decline(intake: Arc<Intake>, signal: Signal, request: Request) -> Response {
    let (messages, request) = Messages::of(intake.clone(), request);
    let upload = once(messages, move |messages| async move {
        Ok(tonic::Response::new(calls::decline(intake, signal, messages)))
    });
    let mut grpc = Grpc::new(BytesCodec::<AsyncProfilerCollectionResponse>::default())
        .accept_compressed(CompressionEncoding::Gzip);
    grpc.streaming(service_fn(upload), request).await.map(Body::new)
}
