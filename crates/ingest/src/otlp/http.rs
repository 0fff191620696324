//! The HTTP routes of OpenTelemetry: protobuf or JSON, answered in kind.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use prost::Message;
use skytrail_base::account::Signal;
use skytrail_proto::otlp::collector::trace::v1::ExportTraceServiceResponse;

use super::export::{self, Partial};
use super::json;
use crate::http::{HttpError, admitted, body};
use crate::intake::Intake;

static ROUTES: [(&str, Signal); 3] =
    [("/v1/traces", Signal::Span), ("/v1/logs", Signal::Log), ("/v1/metrics", Signal::Meter)];

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Protobuf,
    Json,
}

const PROTOBUF: &str = "application/x-protobuf";
const JSON: &str = "application/json";

impl Form {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let named = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        match named.split(';').next()?.trim() {
            JSON => Some(Self::Json),
            PROTOBUF | "application/protobuf" => Some(Self::Protobuf),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Protobuf => PROTOBUF,
            Self::Json => JSON,
        }
    }
}

/// The routes.
pub(crate) fn router(intake: &Arc<Intake>) -> Router {
    let mut router = Router::new();
    for (path, signal) in ROUTES {
        let intake = intake.clone();
        router = router.route(path, post(move |request| serve(intake.clone(), signal, request)));
    }
    admitted(router, intake)
}

async fn serve(intake: Arc<Intake>, signal: Signal, request: Request) -> Response {
    let Some(form) = Form::of(request.headers()) else {
        return HttpError::MediaType("application/x-protobuf or application/json").into_response();
    };
    match answer(&intake, signal, form, request).await {
        Ok(partial) => write(form, &partial.response()),
        Err(error) => refuse(form, &error),
    }
}

async fn answer(
    intake: &Intake,
    signal: Signal,
    form: Form,
    request: Request,
) -> Result<Partial, HttpError> {
    let settings = &intake.settings;
    let body = body::of(request, settings).await?;
    match (signal, form) {
        (Signal::Span, Form::Protobuf) => Ok(export::traces(intake, &body).await?),
        (Signal::Span, Form::Json) => {
            let message = json::traces(&body, settings.max_json_values);
            let message = message.map_err(|error| intake.refuse_message(signal, &error))?;
            drop(body);
            Ok(export::traces(intake, &message).await?)
        }
        (_, Form::Protobuf) => Ok(export::ignore(intake, signal, &body)?),
        (_, Form::Json) => {
            let count = json::items(&body, settings.max_json_values);
            let count = count.map_err(|error| intake.refuse_message(signal, &error))?;
            Ok(export::ignored(intake, signal, count))
        }
    }
}

fn write(form: Form, response: &ExportTraceServiceResponse) -> Response {
    let body = match form {
        Form::Protobuf => response.encode_to_vec(),
        Form::Json => json::response(response),
    };
    ([(CONTENT_TYPE, HeaderValue::from_static(form.name()))], Bytes::from(body)).into_response()
}

/// The protocol's form of an error.
#[derive(Message)]
struct Failure {
    #[prost(string, tag = "2")]
    message: String,
}

/// A sender that was slow may come again, which clients of OpenTelemetry do after
/// 503 and not after 408.
fn refuse(form: Form, error: &HttpError) -> Response {
    let status = match error.status() {
        StatusCode::REQUEST_TIMEOUT => StatusCode::SERVICE_UNAVAILABLE,
        status => status,
    };
    let body = match form {
        Form::Protobuf => Failure { message: error.message() }.encode_to_vec(),
        Form::Json => json::failure(&error.message()),
    };
    let kind = [(CONTENT_TYPE, HeaderValue::from_static(form.name()))];
    error.with_patience((status, kind, Bytes::from(body)).into_response())
}
