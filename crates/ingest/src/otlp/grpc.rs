//! The gRPC services of OpenTelemetry.

use std::sync::Arc;

use axum::Router;
use axum::routing::any;
use skytrail_base::account::Signal;
use skytrail_proto::otlp::collector::trace::v1::ExportTraceServiceResponse;
use tonic::{Code, Response, Status};

use super::export::{self, Partial};
use crate::grpc::{Messages, answer, call};
use crate::intake::{Intake, Rejected};

/// One service for each signal, all with the method `Export`. Their answers are
/// of one form, so that one message writes all of them.
pub(crate) const SERVICES: [&str; 3] = [
    "opentelemetry.proto.collector.trace.v1.TraceService",
    "opentelemetry.proto.collector.logs.v1.LogsService",
    "opentelemetry.proto.collector.metrics.v1.MetricsService",
];

const SIGNALS: [Signal; 3] = [Signal::Span, Signal::Log, Signal::Meter];

/// Adds a route for each of them.
pub(crate) fn routes(mut router: Router, intake: &Arc<Intake>) -> Router {
    for (service, signal) in SERVICES.into_iter().zip(SIGNALS) {
        let intake = intake.clone();
        let serve = move |request| {
            let (of_call, intake) = (intake.clone(), intake.clone());
            call(intake, request, move |messages| answer(of_call, signal, messages))
        };
        router = router.route(&format!("/{service}/Export"), any(serve));
    }
    router
}

async fn answer(
    intake: Arc<Intake>,
    signal: Signal,
    mut messages: Messages,
) -> Result<Response<ExportTraceServiceResponse>, Status> {
    let _open = intake.metrics.open_stream();
    let taken = take(&intake, signal, &mut messages).await;
    if let Err(status) = &taken {
        intake.metrics.ended(answer::reason(status));
    }
    taken.map(|partial| Response::new(partial.response()))
}

async fn take(intake: &Intake, signal: Signal, messages: &mut Messages) -> Result<Partial, Status> {
    let request = messages.only().await?;
    if signal == Signal::Span {
        return export::traces(intake, &request).await.map_err(|rejected| status(&rejected));
    }
    let count = export::items(&request);
    let count = count.map_err(|malformed| Status::invalid_argument(malformed.to_string()))?;
    Ok(export::ignore(intake, signal, count))
}

/// Clients of OpenTelemetry take `RESOURCE_EXHAUSTED` for final unless it says when
/// to come again; `UNAVAILABLE` they send again.
fn status(rejected: &Rejected) -> Status {
    match rejected {
        Rejected::Overloaded(_) => Status::new(Code::Unavailable, rejected.to_string()),
        other => answer::status(other),
    }
}
