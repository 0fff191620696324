//! `/ui/health`: how the server is now, for the foot of every page. It waits for nothing, so that
//! it is told also while other questions take all memory.

use std::sync::Arc;

use axum::Json;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};
use http::header::CACHE_CONTROL;
use serde_json::{Value, json};

use super::server::{Receiver, reasons};
use super::state::Ui;

pub(super) fn route(ui: &Arc<Ui>) -> MethodRouter {
    let ui = Arc::clone(ui);
    get(async move || ([(CACHE_CONTROL, "no-store")], Json(health(&ui))).into_response())
}

fn health(ui: &Ui) -> Value {
    let server = ui.server.as_ref();
    let pace = ui.rates.look(server);
    let sum = |of: fn(&Receiver) -> u64| move |all: &[Receiver]| all.iter().map(of).sum::<u64>();
    let received = sum(|one| one.received);
    let stored = sum(|one| one.stored);
    let refused = sum(|one| one.refused);
    let dropped = sum(Receiver::lost);
    let by_reason = reasons(&pace.now).into_iter().map(|one| {
        let count = |all: &[Receiver]| {
            let dropped = all.iter().flat_map(|receiver| &receiver.dropped);
            dropped.filter(|other| other.reason == one.reason).map(|other| other.count).sum()
        };
        let per_second = pace.per_second(count);
        json!({ "reason": one.reason, "count": one.count, "perSecond": per_second })
    });
    let by_reason: Vec<_> = by_reason.collect();
    let refusal = server.refusal();
    json!({
        "uptime": server.uptime(),
        "over": pace.seconds(),
        "receivedPerSecond": pace.per_second(received),
        "storedPerSecond": pace.per_second(stored),
        "refusedPerSecond": pace.per_second(refused),
        "droppedPerSecond": pace.per_second(dropped),
        "received": received(&pace.now),
        "stored": stored(&pace.now),
        "refused": refused(&pace.now),
        "dropped": dropped(&pace.now),
        "reasons": by_reason,
        "writes": {
            "taken": refusal.is_none(),
            "reason": refusal.as_ref().map(|one| &one.reason),
            "action": refusal.as_ref().map(|one| &one.action),
        },
    })
}
