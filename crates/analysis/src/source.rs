//! From spans to source events, and from there to rows.

mod event;
mod route;
mod slot;
mod sources;
mod tags;

pub(crate) use event::call_event;
pub(crate) use route::{Route, RouteKey, Routes, Shape};
pub(crate) use slot::{Slot, relation_slot, slot};
pub(crate) use sources::{Circumstances, Sources};
pub(crate) use tags::TagReader;
