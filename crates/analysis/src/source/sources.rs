//! Everything that the stages need to turn spans into rows.

use skytrail_model::batch::SpanBatch;
use skytrail_model::layer::Layer;
use skytrail_model::scope::Scope;
use skytrail_model::text::NameId;
use skytrail_model::time::Minute;

use super::route::{Route, RouteCell, RouteKey, Routes, Shape};
use super::slot::Slot;
use crate::config::Settings;
use crate::directory::{Directory, Known, NO_NODE};
use crate::effects::Effects;
use crate::oal::event::Event;
use crate::oal::plan::Plan;
use crate::window::{Edge, NO_CELL, NO_ROW, NO_TABLE, Window, Windows};

/// Entities of routes without rows are kept from becoming idle this often.
const TOUCH_EVERY: i64 = 60_000_000_000;

/// The parts of a shard that one batch works on.
#[derive(Debug)]
pub(crate) struct Sources<'a> {
    pub(crate) plan: &'a Plan,
    pub(crate) settings: &'a Settings,
    pub(crate) batch: &'a SpanBatch,
    /// Log time: when the batch was closed.
    pub(crate) now: i64,
    pub(crate) directory: &'a mut Directory,
    pub(crate) routes: &'a mut Routes,
    pub(crate) windows: &'a mut Windows,
    pub(crate) effects: &'a mut Effects,
}

/// When a call was, what carried it, and what layer its callee has.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances {
    pub(crate) minute: Minute,
    pub(crate) component: i32,
    pub(crate) layer: Layer,
}

impl Sources<'_> {
    /// The symbol of a name; a number of its own for names outside of the batch.
    #[inline]
    pub(crate) fn symbol(&self, name: NameId) -> u32 {
        self.batch.names.get(name.0 as usize).map_or(u32::MAX - 1, |name| name.symbol.0)
    }

    /// Whether a name is empty or blank, ASCII blanks only: nobody means more.
    #[inline]
    pub(crate) fn is_blank(&self, name: NameId) -> bool {
        let found = self.batch.names.get(name.0 as usize);
        found.is_none_or(|name| self.batch.bytes_at(name.text).trim_ascii().is_empty())
    }

    /// Whether something that happened at this time counts; notes why it does
    /// not.
    #[inline]
    pub(crate) fn admits(&mut self, time: i64) -> bool {
        let rules = &self.settings.windows;
        let accepted = self.now.saturating_sub(rules.past)..=self.now.saturating_add(rules.future);
        if !accepted.contains(&time) {
            self.effects.counts.outside_time += 1;
            return false;
        }
        self.has_window(Minute::of_nanos(time))
    }

    /// Whether what happened in a minute can be counted; notes it if not.
    #[inline]
    pub(crate) fn has_window(&mut self, minute: Minute) -> bool {
        let has_room = self.windows.has_room(minute, self.now);
        self.effects.counts.no_window += u64::from(!has_room);
        has_room
    }

    /// The route of a key in the window of the minute, and whether it is the
    /// first event of the route in the window. `make` finds the entities when
    /// the route is new. Without a window it leads nowhere.
    #[inline]
    pub(crate) fn route(
        &mut self,
        key: RouteKey,
        slots: &'static [Slot],
        at: Circumstances,
        make: impl FnOnce(&mut Self) -> [u32; 4],
    ) -> (Route, bool) {
        let window = self.windows.at(at.minute, self.now, self.plan);
        let Some(generation) = window.map(|window| window.generation) else {
            self.effects.counts.no_window += 1;
            return (Route::NOWHERE, false);
        };
        let known = self.routes.get(&key).copied();
        if let Some(known) = known.filter(|known| known.cell.window == generation) {
            return (Route { nodes: known.nodes, slots, key: Some(key), cell: known.cell }, false);
        }
        let nodes = match known {
            Some(known) => known.nodes,
            None => make(self),
        };
        let route = Route { key: Some(key), ..self.open(nodes, slots, at) };
        self.routes.put(key, nodes, route.cell);
        (route, true)
    }

    /// The route of events that are told apart by a text besides a name.
    pub(crate) fn route_of_text(
        &mut self,
        (shape, name, text): (Shape, u32, &str),
        slots: &'static [Slot],
        at: Circumstances,
        make: impl FnOnce(&mut Self) -> [u32; 4],
    ) -> Route {
        match self.routes.number(text) {
            Some(number) => {
                self.route(RouteKey::new(shape, 0, 0, [name, number]), slots, at, make).0
            }
            None => {
                let nodes = make(self);
                self.open(nodes, slots, at)
            }
        }
    }

    /// The entities of a key, without rows.
    #[inline]
    pub(crate) fn nodes(
        &mut self,
        key: RouteKey,
        scopes: &[Scope],
        make: impl FnOnce(&mut Self) -> [u32; 4],
    ) -> [u32; 4] {
        let now = self.now.div_euclid(TOUCH_EVERY) as u32;
        let known = self.routes.get(&key).map(|known| (known.nodes, known.cell.window));
        if let Some((nodes, touched)) = known {
            if touched != now {
                for (scope, node) in scopes.iter().zip(nodes) {
                    self.directory.touch(*scope, node, self.now);
                }
                self.routes.put(key, nodes, RouteCell::none(now));
            }
            return nodes;
        }
        let nodes = make(self);
        self.routes.put(key, nodes, RouteCell::none(now));
        nodes
    }

    /// Makes rows for entities in the window of the minute. Tells the store
    /// about the entities where it should hear of them, and notes relations.
    /// Without a window the route leads nowhere.
    pub(crate) fn open(
        &mut self,
        nodes: [u32; 4],
        slots: &'static [Slot],
        at: Circumstances,
    ) -> Route {
        let Some(window) = self.windows.at(at.minute, self.now, self.plan) else {
            self.effects.counts.no_window += 1;
            return Route::NOWHERE;
        };
        for (slot, node) in slots.iter().zip(nodes) {
            let Some(id) = self.directory.id(slot.scope, node) else { continue };
            self.directory.touch(slot.scope, node, self.now);
            if slot.is_listed {
                let layer = slot.side.is_none().then_some(at.layer);
                let record = self.directory.see(slot.scope, node, at.minute, layer);
                self.effects.entities.extend(record);
            }
            if let Some(side) = slot.side {
                let component = at.component;
                window.edges.insert(Edge { scope: slot.scope, node, side, component });
            }
            if let Some(place) = slot.table(self.plan)
                && let Some(table) = window.tables.get_mut(place)
                && let Some(plan) = self.plan.tables.get(place)
            {
                table.row(node, id, plan);
            }
        }
        Route { nodes, slots, key: None, cell: RouteCell::none(window.generation) }
    }

    /// Lets an event count in all rows of a route.
    #[inline]
    pub(crate) fn apply(&mut self, route: &Route, minute: Minute, answers: u64, event: &Event<'_>) {
        let mut cell = route.cell.cell;
        if route.cell.answers != answers || cell == NO_CELL {
            cell = self.cell(route, minute, answers);
        }
        if cell != NO_CELL
            && let Some(window) = self.windows.at(minute, self.now, self.plan)
        {
            window.take(cell, answers, event, self.plan, &self.settings.apdex);
        }
    }

    /// The cell of events of a route with these answers. The route keeps the
    /// first one that it found in a window: others are few, and it leads to them.
    fn cell(&mut self, route: &Route, minute: Minute, answers: u64) -> u32 {
        let Some(window) = self.windows.at(minute, self.now, self.plan) else { return NO_CELL };
        let first = route.cell.cell;
        if let Some(cell) = window.sibling(first, answers) {
            return cell;
        }
        let cell = cell_of(window, route, answers, self.plan);
        if first != NO_CELL {
            window.join(cell, first);
        } else if let Some(key) = route.key {
            let cell = RouteCell { answers, window: window.generation, cell };
            self.routes.put(key, route.nodes, cell);
        }
        cell
    }

    /// The number of a service by its raw name. One of a layer that reports
    /// nothing itself is a conjecture.
    pub(crate) fn service(&mut self, name: &str, layer: Layer) -> u32 {
        let known = if layer.is_normal() { Known::Itself } else { Known::ByOthers };
        self.service_known(name, layer, known)
    }

    /// The number of what was called by an address.
    pub(crate) fn peer(&mut self, name: &str, layer: Layer) -> u32 {
        self.service_known(name, layer, Known::ByOthers)
    }

    fn service_known(&mut self, name: &str, layer: Layer, known: Known) -> u32 {
        let name = self.settings.naming.service(name);
        self.directory.service(name, layer.is_normal(), known, self.now)
    }

    /// The number of an instance by its raw name.
    pub(crate) fn instance(&mut self, service: u32, name: &str) -> u32 {
        let name = self.settings.naming.instance(name);
        self.directory.child(Scope::ServiceInstance, service, name, self.now)
    }

    /// The number of the only instance of what was called by an address. An
    /// address is as long wherever it stands, so that aliases find it.
    pub(crate) fn peer_instance(&mut self, service: u32, address: &str) -> u32 {
        let address = self.settings.naming.service(address);
        self.directory.child(Scope::ServiceInstance, service, address, self.now)
    }

    /// The number of an endpoint by its raw name.
    pub(crate) fn endpoint(&mut self, service: u32, name: &str) -> u32 {
        let Some(owner) = self.directory.service_name(service) else { return NO_NODE };
        let name = self.settings.naming.endpoint(&owner.name, name);
        self.directory.child(Scope::Endpoint, service, &name, self.now)
    }

    /// The number of a relation.
    pub(crate) fn relation(&mut self, scope: Scope, source: u32, dest: u32) -> u32 {
        self.directory.relation(scope, source, dest, self.now)
    }
}

/// The cell of events of a route with these answers.
fn cell_of(window: &mut Window, route: &Route, answers: u64, plan: &Plan) -> u32 {
    let mut rows = [NO_ROW; 4];
    let mut tables = [NO_TABLE; 4];
    let places = rows.iter_mut().zip(&mut tables);
    for ((slot, node), (row, number)) in route.slots.iter().zip(route.nodes).zip(places) {
        if let Some(place) = slot.table(plan)
            && let Some(table) = window.tables.get(place)
            && let Some(found) = table.find(node)
        {
            (*row, *number) = (found, place as u16);
        }
    }
    window.cell(rows, tables, answers, plan)
}
