//! Routes: which rows an event goes to, by the symbols of its names.
//!
//! Names are cut, grouped, counted against limits and hashed once per route;
//! every further event of the same names finds its rows with one look-up.

use std::hash::{Hash, Hasher};

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use skytrail_model::text::SymbolSpace;

use crate::directory::NO_NODE;
use crate::window::NO_ROW;

/// Routes that are kept; when there are more, all are made anew.
const MAX_ROUTES: usize = 1 << 18;

/// What kind of event the names of a route belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub(crate) enum Shape {
    /// Service and instance of a segment.
    Home,
    /// Service and operation: the endpoint of a segment.
    HomeEndpoint,
    /// Service, instance, parent service, parent instance, address.
    Referred,
    /// The same, the parent's message queue being the caller.
    ReferredByQueue,
    /// Service, instance, peer: a queue without a known producer.
    FromQueue,
    /// Service, instance: called by a user.
    FromUser,
    /// Service, operation, parent service, parent endpoint.
    Endpoint,
    /// Service and operation of what a user calls.
    UserEndpoint,
    /// Service and operation, the caller being unknown.
    LoneEndpoint,
    /// Service and instance alone, the caller being found out later.
    Called,
    /// As `Endpoint`, from within the process.
    CrossThread,
    /// Service, instance, peer.
    Outgoing,
    /// Peer.
    Database,
    /// Peer.
    Cache,
    /// Peer.
    Queue,
}

/// Names as symbols, with everything else that decides where an event goes,
/// packed into words that hash quickly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct RouteKey([u64; 4]);

impl RouteKey {
    /// `detail` is what the shape needs to know besides names.
    #[inline]
    pub(crate) fn new<const N: usize>(
        shape: Shape,
        detail: u8,
        component: i32,
        names: [u32; N],
    ) -> Self {
        let name = |place: usize| u64::from(names.get(place).copied().unwrap_or(u32::MAX));
        let kind = u64::from(shape as u8) | u64::from(detail) << 8;
        Self([
            kind | u64::from(component.cast_unsigned()) << 32,
            name(0) | name(1) << 32,
            name(2) | name(3) << 32,
            name(4),
        ])
    }
}

impl Hash for RouteKey {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.iter().for_each(|word| state.write_u64(*word));
    }
}

/// Entities and their rows in one window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Route {
    /// Numbers in the directory.
    pub(crate) nodes: [u32; 4],
    /// Rows in the tables of the window.
    pub(crate) rows: [u32; 4],
    /// The tables of the rows.
    pub(crate) tables: [u16; 4],
    /// Generation of the window.
    pub(crate) window: u32,
}

impl Route {
    /// A route whose rows are not known yet.
    pub(crate) fn to(nodes: [u32; 4]) -> Self {
        Self { nodes, rows: [NO_ROW; 4], tables: [0; 4], window: u32::MAX }
    }

    pub(crate) fn node(&self, place: usize) -> u32 {
        self.nodes.get(place).copied().unwrap_or(NO_NODE)
    }
}

/// The routes of a shard.
#[derive(Debug, Default)]
pub(crate) struct Routes {
    by_key: HashMap<RouteKey, Route, RandomState>,
    space: SymbolSpace,
    /// How often all were forgotten because there were too many.
    pub(crate) resets: u64,
}

impl Routes {
    /// Forgets routes of another table of symbols.
    pub(crate) fn begin(&mut self, space: SymbolSpace) {
        if self.space != space {
            self.clear();
            self.space = space;
        }
    }

    /// Forgets all routes: the numbers in them may mean something else now.
    pub(crate) fn clear(&mut self) {
        self.by_key.clear();
    }

    #[inline]
    pub(crate) fn get(&self, key: &RouteKey) -> Option<&Route> {
        self.by_key.get(key)
    }

    pub(crate) fn put(&mut self, key: RouteKey, route: Route) {
        if self.by_key.len() >= MAX_ROUTES {
            self.clear();
            self.resets += 1;
        }
        self.by_key.insert(key, route);
    }
}
