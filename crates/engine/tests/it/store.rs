//! The store on simulated disks.

mod contract;
mod crashes;
mod damage;
mod readers;
mod refusals;
mod view;
mod volume;
