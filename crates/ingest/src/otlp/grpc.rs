//! The gRPC services of OpenTelemetry.

use std::sync::Arc;

use axum::Router;
use axum::routing::any;
use skytrail_base::account::Signal;
use skytrail_proto::otlp::collector::trace::v1::ExportTraceServiceResponse;
use tonic::{Code, Response, Status};

use super::export::{self, Partial};
use crate::grpc::{Messages, answer, call};
use crate::intake::Intake;

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
    let request = messages.only().await.map_err(|error| for_otlp(&error))?;
    if signal == Signal::Span {
        let taken = export::traces(intake, &request).await;
        return taken.map_err(|rejected| for_otlp(&answer::status(&rejected)));
    }
    let ignored = export::ignore(intake, signal, &request);
    ignored.map_err(|rejected| answer::status(&rejected))
}

/// What clients of OpenTelemetry understand: `RESOURCE_EXHAUSTED` is final to them
/// unless it says when to come again, and `OUT_OF_RANGE` is not.
fn for_otlp(status: &Status) -> Status {
    let code = match status.code() {
        Code::ResourceExhausted => Code::Unavailable,
        Code::OutOfRange => Code::InvalidArgument,
        code => code,
    };
    Status::new(code, status.message())
}
