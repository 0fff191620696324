//! Whether what is wrong with a service comes from whom it calls.

use skytrail_model::entity::EntityId;
use skytrail_model::id;
use skytrail_model::layer::{Layer, LayerSet};
use skytrail_storage::EntitySelection;

use super::facts::{Cause, Symptom};
use super::order::Placed;
use super::rules::RULES;
use super::series::Grid;
use super::usual::time_before;
use crate::context::Ctx;
use crate::error::Result;
use crate::hash::{Map, Set};
use crate::measures::{Measured, SERVICE};
use crate::query::Query;
use crate::time::Range;
use crate::topology::Outgoing;

/// Part of what got worse that a callee accounts for, at least.
const LEAST_SHARE: f64 = 0.5;

/// Calls of a service in a time that now is compared with, at least.
const LEAST_CALLS: i64 = 20;

/// Services that are looked at, at most: the worst.
const MOST: usize = 50;

const DAY: i64 = 86_400_000_000_000;

/// Services in a stretch of time, and their calls.
struct Stretch {
    own: Map<EntityId, Measured>,
    calls: Vec<Outgoing>,
}

impl Query {
    /// Adds to reasons whom they come from: the callee on which, seen from the caller, at least half
    /// of that was spent by which its calls are worse now than before the range, or than a day
    /// before; whichever was better.
    pub(super) async fn explain(
        &self,
        ctx: &Ctx,
        (range, grid): (&Range, &Grid),
        placed: &mut [Placed],
    ) -> Result<()> {
        let is_odd = |placed: &&mut Placed| {
            placed.service.reasons.iter().any(|reason| symptom(reason.rule).is_some())
        };
        let mut odd: Vec<&mut Placed> = placed.iter_mut().filter(is_odd).collect();
        odd.sort_by_key(|placed| placed.service.status);
        odd.truncate(MOST);
        if odd.is_empty() {
            return Ok(());
        }
        let ids: Set<EntityId> = odd.iter().map(|placed| placed.key).collect();
        let now = Range { from: grid.now_from(range).start_nanos(), to: range.to };
        let (now, before) = (self.stretch(ctx, &ids, &now).await?, time_before(range));
        let mut others = Vec::new();
        for other in [before, now_of_day_before(range, grid)] {
            others.push(self.stretch(ctx, &ids, &other).await?);
        }
        for placed in odd {
            for reason in &mut placed.service.reasons {
                let Some(symptom) = symptom(reason.rule) else { continue };
                reason.because = cause(placed.key, symptom, &now, &others);
            }
        }
        Ok(())
    }

    async fn stretch(&self, ctx: &Ctx, ids: &Set<EntityId>, range: &Range) -> Result<Stretch> {
        let services = EntitySelection::these(ids.iter().copied().collect());
        let own = self.measure(ctx, &SERVICE, &services, range).await?;
        Ok(Stretch { own, calls: self.outgoing(ctx, ids, range).await? })
    }
}

/// The end of the range, a day earlier.
fn now_of_day_before(range: &Range, grid: &Grid) -> Range {
    Range { from: grid.now_from(range).start_nanos(), to: range.to }.earlier(DAY)
}

fn symptom(rule: &str) -> Option<Symptom> {
    RULES.iter().find(|one| one.name == rule)?.symptom
}

/// Milliseconds or failures.
fn amount(symptom: Symptom, measured: &Measured) -> f64 {
    match symptom {
        Symptom::Slow => measured.latency,
        Symptom::Failing => measured.failed as f64,
    }
}

impl Stretch {
    /// Milliseconds or failures for each call of a service; none where it is called too little.
    fn own(&self, service: EntityId, symptom: Symptom) -> Option<f64> {
        let own = self.own.get(&service).filter(|own| own.calls >= LEAST_CALLS)?;
        Some(amount(symptom, own) / own.calls as f64)
    }

    /// The part of them that it owes a callee.
    fn owed(&self, service: EntityId, callee: EntityId, symptom: Symptom) -> f64 {
        let is_it = |call: &&Outgoing| call.source == service && call.dest.id() == callee;
        let call = self.calls.iter().find(is_it);
        let calls = self.own.get(&service).map_or(0, |own| own.calls);
        call.map_or(0.0, |call| amount(symptom, &call.measured) / calls.max(1) as f64)
    }
}

/// Whom a service owes most of what is worse than before.
fn cause(service: EntityId, symptom: Symptom, now: &Stretch, others: &[Stretch]) -> Option<Cause> {
    let known = others.iter().filter_map(|other| Some((other.own(service, symptom)?, other)));
    let before = known.min_by(|a, b| a.0.total_cmp(&b.0));
    let worse = now.own(service, symptom)? - before.map_or(0.0, |(own, _)| own);
    if worse <= 0.0 {
        return None;
    }
    let calls = now.calls.iter().filter(|call| call.source == service);
    let shares = calls.map(|call| {
        let callee = call.dest.id();
        let owed = |stretch: &Stretch| stretch.owed(service, callee, symptom);
        ((owed(now) - before.map_or(0.0, |(_, other)| owed(other))) / worse, call)
    });
    let (share, call) = shares.max_by(|a, b| a.0.total_cmp(&b.0))?;
    (share >= LEAST_SHARE).then(|| Cause {
        kind: kind(call.dest.service().normal, call.layers),
        id: id::entity_id(&call.dest),
        name: call.dest.service().name.clone(),
        share: share.min(1.0),
    })
}

fn kind(is_normal: bool, layers: LayerSet) -> &'static str {
    let kinds = [
        (Layer::VIRTUAL_DATABASE, "database"),
        (Layer::VIRTUAL_CACHE, "cache"),
        (Layer::VIRTUAL_MQ, "queue"),
    ];
    let known = kinds.into_iter().find(|(layer, _)| layers.contains(*layer));
    match known {
        Some((_, kind)) => kind,
        None if is_normal => "service",
        None => "other",
    }
}

#[cfg(test)]
mod tests;
