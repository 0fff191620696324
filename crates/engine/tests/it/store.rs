//! The store on simulated disks.

mod clocks;
mod contract;
pub(crate) mod crashes;
mod damage;
mod deletions;
mod readers;
mod refusals;
mod upkeep;
mod view;
mod volume;
