//! A request to export, whatever it came by.

use skytrail_base::account::Signal;
use skytrail_proto::otlp::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceResponse,
};

use crate::intake::{Intake, Rejected};
use crate::promise::Promise;
use crate::wire::{Elements, Malformed, len};

/// `resource_spans`, `resource_logs` and `resource_metrics` of a request.
const RESOURCES: u64 = len(1);
/// `scope_spans`, `scope_logs` and `scope_metrics` of a resource.
const SCOPES: u64 = len(2);
/// `spans`, `log_records` and `metrics` of a scope.
const ITEMS: u64 = len(2);

/// What was not taken of a request that was answered with success.
#[derive(Debug, Default)]
pub(super) struct Partial {
    rejected: u64,
    /// Why; of several reasons the first one.
    message: String,
}

impl Partial {
    /// As the protocol tells it.
    pub(super) fn response(self) -> ExportTraceServiceResponse {
        let partial_success = (self.rejected > 0).then(|| ExportTracePartialSuccess {
            rejected_spans: i64::try_from(self.rejected).unwrap_or(i64::MAX),
            error_message: self.message,
        });
        ExportTraceServiceResponse { partial_success }
    }

    fn add(&mut self, count: u64, message: impl FnOnce() -> String) {
        if count > 0 && self.message.is_empty() {
            self.message = message();
        }
        self.rejected += count;
    }
}

/// Takes an `ExportTraceServiceRequest`, and waits until it is stored. What is
/// wrong in it does not keep the rest from being taken.
pub(super) async fn traces(intake: &Intake, request: &[u8]) -> Result<Partial, Rejected> {
    if let Some(Err(malformed)) = Elements::new(request, RESOURCES).find(Result::is_err) {
        return Err(intake.refuse_message(Signal::Span, &malformed));
    }
    let mut promise = Promise::default();
    let mut partial = Partial::default();
    for message in Elements::new(request, RESOURCES).flatten() {
        match intake.resource_spans(message, &mut promise).await {
            Ok(left_out) => {
                for (reason, count) in left_out.reasons() {
                    partial.add(count.into(), || reason.advice().to_owned());
                }
            }
            Err(Rejected::Refused { message: why, .. }) => {
                let spans = super::glance(message).map_or(1, |seen| seen.spans);
                partial.add(spans.max(1), || why);
            }
            Err(other) => return Err(other),
        }
        intake.stored_so_far(&mut promise).await?;
    }
    intake.stored(promise).await?;
    Ok(partial)
}

/// Counts a request of a signal that is not kept yet, and says so.
pub(super) fn ignore(intake: &Intake, signal: Signal, request: &[u8]) -> Result<Partial, Rejected> {
    let count = items(request);
    let count = count.map_err(|malformed| intake.refuse_message(signal, &malformed))?;
    Ok(ignored(intake, signal, count))
}

/// The same for what was counted before.
pub(super) fn ignored(intake: &Intake, signal: Signal, count: u64) -> Partial {
    intake.ignore(signal, count);
    let mut partial = Partial::default();
    partial.add(count, || format!("{} are received and counted, but not kept yet", signal.name()));
    partial
}

/// Log records, or metrics, of all scopes of all resources.
fn items(request: &[u8]) -> Result<u64, Malformed> {
    let mut count = 0;
    for resource in Elements::new(request, RESOURCES) {
        for scope in Elements::among(resource?, SCOPES) {
            for item in Elements::among(scope?, ITEMS) {
                item?;
                count += 1;
            }
        }
    }
    Ok(count)
}
