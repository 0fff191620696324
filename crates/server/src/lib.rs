//! The binary `skytrail` as a library: roles as subcommands, configuration,
//! ports, and the wiring of the parts.

pub mod cli;
pub mod config;
pub mod data;
pub mod demo;
pub mod listen;
pub mod logs;
pub mod requests;
pub mod rules;
pub mod serve;
pub mod show;
pub mod signals;
pub mod status;
pub mod store;
