//! One file per rule.

pub(crate) mod config_keys;
pub(crate) mod crate_edges;
pub(crate) mod documented_paths;
pub(crate) mod error_pages;
pub(crate) mod file_length;
pub(crate) mod function_length;
pub(crate) mod hollow_modules;
pub(crate) mod leftovers;
pub(crate) mod licences;
pub(crate) mod machine_paths;
pub(crate) mod metric_catalogue;
pub(crate) mod module_cycles;
pub(crate) mod module_names;
mod module_paths;
pub(crate) mod registry_hosts;
pub(crate) mod self_metrics;
pub(crate) mod unused_dependencies;
pub(crate) mod version_floor;
