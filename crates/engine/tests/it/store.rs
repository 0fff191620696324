//! The store on simulated disks.

mod contract;
pub(crate) mod crashes;
mod damage;
mod readers;
mod refusals;
mod view;
mod volume;
