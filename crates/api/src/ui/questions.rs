//! What each route asks, from its parameters.

use std::sync::Arc;

use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, post};
use futures_util::FutureExt;
use skytrail_query::Ctx;
use skytrail_query::control::StoredDashboard;
use skytrail_query::overview::{Compare, Scene};
use skytrail_query::search::{Found, MAX_POINTS, Scatter, TagComparison, TracePage};
use skytrail_query::service::ServicePage;
use skytrail_query::topology::{Map, MapScope, MapSearch};
use skytrail_query::trace::{SpanDetail, TraceColumns, TraceExtent, TracePart};

use super::answering::{Asked, answer};
use super::body;
use super::conditions::{self, CompareForm};
use super::error::Failure;
use super::overview::OverviewPage;
use super::parameters::Parameters;
use super::server::Health;
use super::state::Ui;
use super::status::{Kept, StatusPage};
use super::trace_tags::TraceTags;

/// What an address is made of once its parameters are read: a question.
pub(super) type Read<T> = Result<Box<dyn Fn(&Arc<Ui>, Ctx) -> Asked<T> + Send>, Failure>;

/// Words of `compare`.
const COMPARED: [(&str, Compare); 3] =
    [("none", Compare::None), ("previous", Compare::Previous), ("day", Compare::Day)];

/// Names of a kind that are found unless the page says otherwise.
const FOUND: usize = 10;

/// Calls around a node unless the page says otherwise, and at most.
const DEPTH: usize = 2;
const MOST_DEPTH: usize = 10;

pub(super) fn traces(parameters: &Parameters) -> Read<TracePage> {
    let search = conditions::search(parameters)?;
    Ok(Box::new(move |ui, ctx| {
        let query = Arc::clone(&ui.query);
        let search = search.clone();
        async move { Ok(query.search_traces(&ctx, &search).await?) }.boxed()
    }))
}

pub(super) fn scatter(parameters: &Parameters) -> Read<Scatter> {
    let condition = conditions::condition(parameters)?;
    let limit = parameters.number("limit")?.unwrap_or(MAX_POINTS);
    Ok(Box::new(move |ui, ctx| {
        let query = Arc::clone(&ui.query);
        let condition = condition.clone();
        async move { Ok(query.scatter(&ctx, &condition, limit).await?) }.boxed()
    }))
}

pub(super) fn compare_tags(ui: &Arc<Ui>) -> MethodRouter {
    let ui = Arc::clone(ui);
    post(move |request: Request| {
        let ui = Arc::clone(&ui);
        async move {
            let (parts, body) = request.into_parts();
            let form = body::read::<CompareForm>(&parts.headers, body, "condition").await;
            let (condition, chosen) = match form.and_then(CompareForm::read) {
                Ok(asked) => asked,
                Err(failure) => return failure.into_response(),
            };
            let question = move |ui: &Arc<Ui>, ctx: Ctx| -> Asked<TagComparison> {
                let query = Arc::clone(&ui.query);
                let (condition, chosen) = (condition.clone(), chosen.clone());
                async move { Ok(query.compare_tags(&ctx, &condition, &chosen).await?) }.boxed()
            };
            answer(ui, "tags_compare", None, question).await
        }
    })
}

/// The part of a trace that is asked for: all of it without `from` and `to`.
fn part(parameters: &Parameters) -> Result<TracePart, Failure> {
    let is_part = parameters.text("from").or(parameters.text("to")).is_some();
    let window = is_part.then(|| conditions::range(parameters)).transpose()?;
    Ok(TracePart { window, tag: None })
}

pub(super) fn trace(parameters: &Parameters) -> Read<TraceColumns> {
    let (id, part) = (parameters.needed("id")?.to_owned(), part(parameters)?);
    Ok(Box::new(move |ui, ctx| {
        let query = Arc::clone(&ui.query);
        let (id, part) = (id.clone(), part.clone());
        async move { Ok(query.trace_columns(&ctx, &id, &part).await?) }.boxed()
    }))
}

pub(super) fn trace_whole(parameters: &Parameters) -> Read<TraceExtent> {
    let id = parameters.needed("id")?.to_owned();
    Ok(Box::new(move |ui, ctx| {
        let (query, id) = (Arc::clone(&ui.query), id.clone());
        async move { Ok(query.trace_extent(&ctx, &id).await?) }.boxed()
    }))
}

pub(super) fn trace_tags(parameters: &Parameters) -> Read<TraceTags> {
    let id = parameters.needed("id")?.to_owned();
    let part = TracePart { tag: parameters.owned("key"), ..part(parameters)? };
    Ok(Box::new(move |ui, ctx| {
        let query = Arc::clone(&ui.query);
        let (id, part) = (id.clone(), part.clone());
        async move {
            Ok(match part.tag {
                None => TraceTags::Keys(query.trace_tag_keys(&ctx, &id).await?),
                Some(_) => TraceTags::of(query.trace_columns(&ctx, &id, &part).await?),
            })
        }
        .boxed()
    }))
}

pub(super) fn find(parameters: &Parameters) -> Read<Found> {
    let text = parameters.needed("text")?.to_owned();
    let limit = parameters.number("limit")?.unwrap_or(FOUND);
    Ok(Box::new(move |ui, ctx| {
        let (query, text) = (Arc::clone(&ui.query), text.clone());
        async move { Ok(query.find(&ctx, &text, limit).await?) }.boxed()
    }))
}

pub(super) fn dashboard(parameters: &Parameters) -> Read<StoredDashboard> {
    let id = parameters.needed("id")?.to_owned();
    Ok(Box::new(move |ui, ctx| {
        let (query, id) = (Arc::clone(&ui.query), id.clone());
        async move { Ok(query.stored_dashboard(&ctx, &id).await?) }.boxed()
    }))
}

pub(super) fn span(parameters: &Parameters) -> Read<SpanDetail> {
    let trace = parameters.needed("trace")?.to_owned();
    let segment = parameters.needed("segment")?.to_owned();
    let number = parameters.needed_number("span")?;
    Ok(Box::new(move |ui, ctx| {
        let query = Arc::clone(&ui.query);
        let (trace, segment) = (trace.clone(), segment.clone());
        async move { Ok(query.span_detail(&ctx, (&trace, &segment, number)).await?) }.boxed()
    }))
}

/// When, which services, and what they are compared with.
fn scene(parameters: &Parameters) -> Result<Scene, Failure> {
    Ok(Scene {
        range: conditions::range(parameters)?,
        compare: parameters.word("compare", &COMPARED)?,
        layer: parameters.owned("layer"),
        group: parameters.owned("group"),
    })
}

pub(super) fn overview(parameters: &Parameters) -> Read<OverviewPage> {
    let scene = scene(parameters)?;
    Ok(Box::new(move |ui, ctx| {
        let (ui, scene) = (Arc::clone(ui), scene.clone());
        async move {
            let overview = ui.query.overview(&ctx, &scene).await?;
            let server = Health::of(ui.server.as_ref(), ui.status.retention().1.trace);
            Ok(OverviewPage { overview, server })
        }
        .boxed()
    }))
}

pub(super) fn topology(parameters: &Parameters) -> Read<Map> {
    let scope = match parameters.text("scope").unwrap_or("services") {
        "services" => MapScope::Services,
        "instances" => MapScope::Instances {
            client: parameters.needed("client")?.to_owned(),
            server: parameters.needed("server")?.to_owned(),
        },
        "endpoint" => MapScope::Endpoint(parameters.needed("endpoint")?.to_owned()),
        _ => {
            let message = "scope is one of services, instances, endpoint";
            return Err(Failure::invalid("scope", message));
        }
    };
    let depth = parameters.number("depth")?.unwrap_or(DEPTH);
    if !(1..=MOST_DEPTH).contains(&depth) {
        return Err(Failure::invalid("depth", format!("depth is not from 1 to {MOST_DEPTH}")));
    }
    let around = parameters.owned("around");
    let search = MapSearch { scene: scene(parameters)?, scope, around, depth };
    Ok(Box::new(move |ui, ctx| {
        let (query, search) = (Arc::clone(&ui.query), search.clone());
        async move { Ok(query.map(&ctx, &search).await?) }.boxed()
    }))
}

pub(super) fn service(parameters: &Parameters) -> Read<ServicePage> {
    let (id, range) = (parameters.needed("id")?.to_owned(), conditions::range(parameters)?);
    Ok(Box::new(move |ui, ctx| {
        let (query, id) = (Arc::clone(&ui.query), id.clone());
        async move { Ok(query.service_page(&ctx, &id, &range).await?) }.boxed()
    }))
}

pub(super) fn status(_parameters: &Parameters) -> Read<StatusPage> {
    Ok(Box::new(move |ui, ctx| {
        let ui = Arc::clone(ui);
        async move {
            let agents = ui.query.agents(&ctx).await?;
            let (status, limits) = (ui.status.as_ref(), ui.status.disk_limits());
            let node = status.nodes().first().map(|node| format!("{}:{}", node.host, node.port));
            Ok(StatusPage {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                node: node.unwrap_or_default(),
                uptime: ui.server.uptime(),
                retention: Kept::of(status),
                bytes: ui.server.stored_bytes(),
                limit: limits.bytes,
                percent: limits.percent,
                config: status.config(),
                disk: ui.server.disk(),
                pace: ui.rates.look(ui.server.as_ref()),
                agents,
                complete: !ctx.is_incomplete(),
            })
        }
        .boxed()
    }))
}
