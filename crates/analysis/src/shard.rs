//! One shard: the deterministic core. It knows no clock, no store and no
//! thread; the same batches in the same order do the same, unless thousands of
//! closed windows wait for a slow store.

mod appends;
mod desk;
mod reads;

use std::collections::VecDeque;
use std::sync::Arc;

use desk::Desk;
use skytrail_base::budget::Budget;
use skytrail_model::batch::{Batch, SpanBatch};
use skytrail_model::metric::MetricBlock;
use skytrail_model::relation::RelationRow;
use skytrail_model::scope::Scope;
use skytrail_model::time::{Minute, Zone};
use skytrail_storage::Origin;

use crate::config::Settings;
use crate::directory::{Directory, Saved};
use crate::effects::Effects;
use crate::jvm;
use crate::management;
use crate::oal::plan::Plan;
use crate::oal::rules::Rules;
use crate::pair::{Outcome, Pairing, emit};
use crate::source::{Routes, Sources};
use crate::window::{ClosedWindow, Edge, Slice, Window, Windows};

/// Idle names are looked for this often, in log time.
const PRUNE_EVERY: i64 = 60_000_000_000;

/// What all shards of an analysis share.
#[derive(Debug, Clone)]
pub(crate) struct Common {
    pub(crate) plan: Arc<Plan>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) pairing: Arc<Pairing>,
    pub(crate) budget: Budget,
    /// How many shards share the budget.
    pub(crate) shards: usize,
    pub(crate) zone: Zone,
}

/// Rows on their way to the store. They stay readable here until
/// [`Shard::confirm`].
#[derive(Debug)]
pub(crate) struct Append {
    pub(crate) origin: Origin,
    pub(crate) slice: Slice,
}

/// Rows that a shard is done with.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// Rows of metrics, each block one minute.
    pub metrics: Vec<MetricBlock>,
    /// Relations.
    pub relations: Vec<RelationRow>,
}

/// One shard.
#[derive(Debug)]
pub struct Shard {
    index: u16,
    common: Common,
    directory: Directory,
    routes: Routes,
    windows: Windows,
    closed: VecDeque<ClosedWindow>,
    /// Bytes of the closed windows, of which there may be thousands.
    closed_bytes: usize,
    desk: Desk,
    charged: usize,
    next_prune: i64,
    /// The last sequence number that was given out.
    sequence: u64,
    /// The one of the rows that are under way.
    under_way: Option<u64>,
    /// Windows that were closed before their time because memory ran out or too
    /// many were open.
    closed_early: u64,
}

impl Shard {
    /// A shard that knows nothing.
    pub(crate) fn new(index: u16, common: Common) -> Self {
        Self {
            index,
            directory: Directory::new(common.settings.limits.share_of(common.shards)),
            routes: Routes::within(common.settings.limits.share_of(common.shards).routes()),
            windows: Windows::new(common.settings.windows.grace),
            closed: VecDeque::new(),
            closed_bytes: 0,
            desk: Desk::new(
                &common.plan.keys,
                common.settings.searchable_tags(),
                common.zone.clone(),
            ),
            common,
            charged: 0,
            next_prune: i64::MIN,
            sequence: 0,
            under_way: None,
            closed_early: 0,
        }
    }

    /// A shard that shares nothing with others: for benchmarks and tests.
    pub fn alone(rules: &Rules, settings: Settings, zone: Zone) -> Self {
        let common = Common {
            plan: rules.plan(),
            pairing: Arc::new(Pairing::new(1, settings.pairing)),
            budget: Budget::new(settings.windows.budget),
            shards: 1,
            settings: Arc::new(settings),
            zone,
        };
        Self::new(0, common)
    }

    /// Lets a batch count. What it brings about besides metrics is given back
    /// and MUST be appended to the store.
    pub fn process(&mut self, batch: &Batch) -> Effects {
        let mut effects = Effects::default();
        self.begin(batch, &mut effects);
        self.segments(batch, 0..batch.spans.segments.len(), &mut effects);
        self.finish(batch, &mut effects);
        effects
    }

    /// The first step of a batch: time goes on, and symbols may mean something new.
    pub(crate) fn begin(&mut self, batch: &Batch, effects: &mut Effects) {
        self.routes.begin(batch.spans.space);
        self.desk.begin(batch.spans.space);
        self.common.pairing.go_on(batch.arrival);
        self.advance(batch.arrival, effects);
        self.prune(batch.arrival);
    }

    /// Forgets idle names; by the time of batches only, so that replay does the
    /// same again.
    fn prune(&mut self, now: i64) {
        if now >= self.next_prune {
            self.next_prune = now.saturating_add(PRUNE_EVERY);
            if self.directory.prune(now) {
                self.routes.clear();
            }
        }
    }

    /// The second step, in as many parts as one likes: segments of the batch.
    pub(crate) fn segments(
        &mut self,
        batch: &Batch,
        rows: std::ops::Range<usize>,
        effects: &mut Effects,
    ) {
        let mut sources = Sources {
            plan: &self.common.plan,
            settings: &self.common.settings,
            batch: &batch.spans,
            now: batch.arrival,
            directory: &mut self.directory,
            routes: &mut self.routes,
            windows: &mut self.windows,
            effects,
        };
        let segments = batch.spans.segments.get(rows.clone()).unwrap_or_default();
        sources.effects.segments.reserve(segments.len());
        self.desk.segments(&mut sources, &self.common.pairing, rows.start, segments);
    }

    /// The last step: reports of instances, and the bill for memory.
    pub(crate) fn finish(&mut self, batch: &Batch, effects: &mut Effects) {
        let mut sources = Sources {
            plan: &self.common.plan,
            settings: &self.common.settings,
            batch: &batch.spans,
            now: batch.arrival,
            directory: &mut self.directory,
            routes: &mut self.routes,
            windows: &mut self.windows,
            effects,
        };
        for report in &batch.instances {
            management::report(&mut sources, report);
        }
        for report in &batch.jvm {
            jvm::report(&mut sources, report);
        }
        effects.overflows.extend(self.directory.take_overflows());
        self.close_early();
        self.settle();
    }

    /// Time goes on to `now`: closes windows that are due, gives up sides that
    /// waited in vain. Sides wait by the time of batches alone, so that replay
    /// gives up the same.
    pub(crate) fn advance(&mut self, now: i64, effects: &mut Effects) {
        let outcomes = self.common.pairing.expire(self.index);
        effects.counts.unpaired_early += self.common.pairing.take_early(self.index);
        self.give_up(outcomes, now, effects);
        // At once, while the directory has the names that they hold.
        self.close_early();
        for window in self.windows.take_due(now) {
            self.close(window);
        }
        self.settle();
    }

    /// Counts all sides that still wait as they are: nothing comes any more.
    pub(crate) fn end(&mut self, now: i64, effects: &mut Effects) {
        let outcomes = self.common.pairing.take_all(self.index);
        effects.counts.unpaired_at_end += outcomes.len() as u64;
        effects.counts.unpaired_early += self.common.pairing.take_early(self.index);
        self.give_up(outcomes, now, effects);
        self.close_all();
    }

    fn give_up(&mut self, outcomes: Vec<Outcome>, now: i64, effects: &mut Effects) {
        if outcomes.is_empty() {
            return;
        }
        let mut sources = Sources {
            plan: &self.common.plan,
            settings: &self.common.settings,
            batch: &SpanBatch::default(),
            now,
            directory: &mut self.directory,
            routes: &mut self.routes,
            windows: &mut self.windows,
            effects,
        };
        emit(&mut sources, outcomes);
        effects.overflows.extend(self.directory.take_overflows());
    }

    fn close(&mut self, window: Window) {
        let relations = self.relations_of(&window);
        let closed = ClosedWindow::new(window, relations);
        self.closed_bytes += closed.memory();
        self.closed.push_back(closed);
        self.windows.wait_for(self.closed.len());
    }

    fn close_early(&mut self) {
        for window in self.windows.take_early() {
            self.closed_early += 1;
            self.close(window);
        }
    }

    /// Closes all windows; what they hold is then to be appended.
    pub(crate) fn close_all(&mut self) {
        for window in self.windows.take_all() {
            self.close(window);
        }
        self.settle();
    }

    /// Brings the budget up to date, and closes the oldest window early when
    /// there is no more room, this shard has more than its share of it, and
    /// nothing else is on its way out. Some shard has more when there is no room.
    fn settle(&mut self) {
        self.charge();
        let share = self.common.budget.limit() / self.common.shards.max(1);
        if self.common.budget.is_over()
            && self.charged > share
            && self.closed.is_empty()
            && let Some(window) = self.windows.take_oldest()
        {
            self.closed_early += 1;
            self.close(window);
            self.charge();
        }
    }

    fn charge(&mut self) {
        let memory = self.windows.memory() + self.closed_bytes;
        if memory >= self.charged {
            self.common.budget.force(memory - self.charged);
        } else {
            self.common.budget.give(self.charged - memory);
        }
        self.charged = memory;
    }

    fn relations_of(&self, window: &Window) -> Vec<RelationRow> {
        let mut rows = Vec::with_capacity(window.edges.len());
        rows.extend(window.edges.iter().filter_map(|edge| self.relation_of(window.minute, edge)));
        rows.sort_unstable();
        rows
    }

    fn relation_of(&self, minute: Minute, edge: &Edge) -> Option<RelationRow> {
        let [source, dest, source_service, dest_service] =
            self.directory.ends_of(edge.scope, edge.node)?;
        Some(RelationRow {
            minute,
            scope: edge.scope,
            relation: self.directory.id(edge.scope, edge.node)?,
            source,
            dest,
            source_service,
            dest_service,
            side: edge.side,
            component: edge.component,
        })
    }

    /// The last append whose rows a reader takes from the store; later ones are
    /// live.
    pub(crate) fn visible(&self) -> u64 {
        self.under_way.map_or(self.sequence, |under_way| under_way - 1)
    }

    /// The last sequence number that was given out.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Forgets what symbols mean: those of replayed batches may be others.
    pub(crate) fn forget_symbols(&mut self) {
        self.routes.clear();
        self.desk.forget_symbols();
    }

    /// Appends continue after `sequence`.
    pub(crate) fn resume_after(&mut self, sequence: u64) {
        self.sequence = self.sequence.max(sequence);
    }

    /// What depends on the order of batches, as bytes of a checkpoint.
    pub(crate) fn save(&self) -> Vec<u8> {
        self.directory.save()
    }

    pub(crate) fn restore(&mut self, saved: &[Saved]) {
        self.directory.restore(saved);
    }

    pub(crate) fn gauges(&self) -> Gauges {
        Gauges {
            window_bytes: self.charged,
            names_bytes: self.directory.memory() + self.routes.memory(),
            open_windows: self.windows.iter().count(),
            closed_windows: self.closed.len(),
            entities: Scope::ALL.map(|scope| self.directory.len(scope)),
            closed_early: self.closed_early,
            route_resets: self.routes.resets,
        }
    }
}

/// What a shard holds, for self-metrics.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Gauges {
    pub(crate) window_bytes: usize,
    /// Memory of entities and routes. It is bounded by `limits`, not by the
    /// budget: closing windows would free none of it.
    pub(crate) names_bytes: usize,
    pub(crate) open_windows: usize,
    pub(crate) closed_windows: usize,
    /// By scope.
    pub(crate) entities: [usize; Scope::ALL.len()],
    pub(crate) closed_early: u64,
    pub(crate) route_resets: u64,
}

#[cfg(test)]
mod tests;
