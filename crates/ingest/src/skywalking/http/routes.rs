//! The routes, and what each does with its body.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use prost::Message;
use serde::de::DeserializeOwned;
use skytrail_base::account::Signal;
use skytrail_proto::{json, v3};

use crate::frame::Kind;
use crate::http::{HttpError, admitted, body};
use crate::intake::{Intake, Taken};
use crate::promise::Promise;

/// What a route does.
#[derive(Clone, Copy)]
enum Route {
    /// One segment.
    Segment,
    /// An array of segments.
    Segments,
    /// One report.
    Report(Kind, fn(&[u8], usize) -> Result<Vec<u8>, json::Error>),
    /// Messages that are read, counted and not kept.
    Ignore(Signal, fn(&[u8], usize) -> Result<u64, json::Error>),
}

fn encode<M: Message + DeserializeOwned>(
    body: &[u8],
    values: usize,
) -> Result<Vec<u8>, json::Error> {
    json::from_slice::<M>(body, values).map(|message| message.encode_to_vec())
}

fn one<M: DeserializeOwned>(body: &[u8], values: usize) -> Result<u64, json::Error> {
    json::from_slice::<M>(body, values).map(|_| 1)
}

fn many<M: DeserializeOwned>(body: &[u8], values: usize) -> Result<u64, json::Error> {
    json::from_slice::<Vec<M>>(body, values).map(|messages| messages.len() as u64)
}

const PROPERTIES: Route = Route::Report(Kind::Properties, encode::<v3::InstanceProperties>);
const KEEP_ALIVE: Route = Route::Report(Kind::KeepAlive, encode::<v3::InstancePingPkg>);

static ROUTES: &[(&str, Route)] = &[
    ("/v3/segment", Route::Segment),
    ("/v3/segments", Route::Segments),
    ("/v3/management/reportProperties", PROPERTIES),
    ("/v3/management/keepAlive", KEEP_ALIVE),
    ("/v3/logs", Route::Ignore(Signal::Log, many::<v3::LogData>)),
    ("/v3/events", Route::Ignore(Signal::Event, many::<v3::Event>)),
    ("/browser/perfData", Route::Ignore(Signal::Browser, one::<v3::BrowserPerfData>)),
    (
        "/browser/perfData/webVitals",
        Route::Ignore(Signal::Browser, one::<v3::BrowserWebVitalsPerfData>),
    ),
    (
        "/browser/perfData/resources",
        Route::Ignore(Signal::Browser, many::<v3::BrowserResourcePerfData>),
    ),
    (
        "/browser/perfData/webInteractions",
        Route::Ignore(Signal::Browser, one::<v3::BrowserWebInteractionsPerfData>),
    ),
    ("/browser/errorLog", Route::Ignore(Signal::Browser, one::<v3::BrowserErrorLog>)),
    ("/browser/errorLogs", Route::Ignore(Signal::Browser, many::<v3::BrowserErrorLog>)),
];

/// The agents' HTTP routes.
pub(crate) fn router(intake: &Arc<Intake>) -> Router {
    let mut router = Router::new();
    for (path, route) in ROUTES {
        let (intake, route) = (intake.clone(), *route);
        router = router.route(path, post(move |request| serve(intake.clone(), route, request)));
    }
    admitted(router, intake)
}

async fn serve(intake: Arc<Intake>, route: Route, request: Request) -> Response {
    match answer(&intake, route, request).await {
        // No commands for the agent.
        Ok(()) => ([(CONTENT_TYPE, "application/json")], Bytes::from_static(b"{}")).into_response(),
        Err(error) => error.into_response(),
    }
}

async fn answer(intake: &Intake, route: Route, request: Request) -> Result<(), HttpError> {
    let values = intake.settings.max_json_values;
    let body = body::of(request, &intake.settings).await?;
    let json_error = |error: json::Error| HttpError::Json(error.to_string());
    let mut promise = Promise::default();
    let mut taken = Taken::default();
    match route {
        Route::Segment => {
            let message = encode::<v3::SegmentObject>(&body, values);
            let message =
                message.map_err(|error| intake.refuse_message(Signal::Segment, &error))?;
            drop(body);
            intake.segment(&message, &mut promise).await?;
        }
        Route::Segments => {
            let segments = json::from_slice::<Vec<v3::SegmentObject>>(&body, values);
            let segments =
                segments.map_err(|error| intake.refuse_message(Signal::Segment, &error))?;
            drop(body);
            let collection = v3::SegmentCollection { segments }.encode_to_vec();
            taken = intake.collection(&collection, &mut promise).await?;
        }
        Route::Report(kind, encode) => {
            let message = encode(&body, values);
            let message =
                message.map_err(|error| intake.refuse_message(Signal::Management, &error))?;
            intake.report(kind, &message, &mut promise).await?;
        }
        Route::Ignore(signal, count) => {
            let count = count(&body, values).map_err(json_error)?;
            intake.ignore(signal, count);
        }
    }
    intake.stored(promise).await?;
    Ok(taken.verdict()?)
}
