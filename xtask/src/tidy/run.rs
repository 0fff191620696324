//! The list of checks and the command that runs them.

use std::io::Write;
use std::path::Path;

use anyhow::Context as _;

use super::checks::{
    config_keys, crate_edges, documented_paths, error_pages, file_length, function_length,
    hollow_modules, leftovers, licences, machine_paths, metric_catalogue, module_cycles,
    module_names, registry_hosts, self_metrics, unused_dependencies, version_floor,
};
use super::finding::Finding;
use super::project::Project;

/// A rule by name and the function that looks for breaches of it.
type Check = (&'static str, fn(&Project) -> Vec<Finding>);

static CHECKS: &[Check] = &[
    (crate_edges::RULE, crate_edges::check),
    (module_cycles::RULE, module_cycles::check),
    (file_length::RULE, file_length::check),
    (function_length::RULE, function_length::check),
    (hollow_modules::RULE, hollow_modules::check),
    (module_names::RULE, module_names::check),
    (config_keys::RULE, config_keys::check),
    (error_pages::RULE, error_pages::check),
    (self_metrics::RULE, self_metrics::check),
    (metric_catalogue::RULE, metric_catalogue::check),
    (documented_paths::RULE, documented_paths::check),
    (machine_paths::RULE, machine_paths::check),
    (registry_hosts::RULE, registry_hosts::check),
    (licences::RULE, licences::check),
    (unused_dependencies::RULE, unused_dependencies::check),
    (leftovers::RULE, leftovers::check),
    (version_floor::RULE, version_floor::check),
];

/// Runs every check, or those named in `arguments`, on the workspace that xtask belongs to.
///
/// # Errors
/// When an argument names no check, or the project cannot be read.
pub(crate) fn command(arguments: &[String], out: &mut dyn Write) -> anyhow::Result<bool> {
    let chosen = choose(arguments)?;
    // Cargo sets it when it runs a program; read now and not when compiled, because one target
    // folder may serve several clones.
    let folder = std::env::var("CARGO_MANIFEST_DIR").context("start me as cargo xtask tidy")?;
    let project = Project::load(&Path::new(&folder).join(".."))?;
    let mut findings: Vec<Finding> = chosen.iter().flat_map(|(_, check)| check(&project)).collect();
    findings.sort();
    let long = file_length::beyond_target(&project);
    for (path, lines) in &long {
        writeln!(out, "info: {path}: {lines} lines, target {}", file_length::TARGET)?;
    }
    for finding in &findings {
        writeln!(out, "{finding}")?;
    }
    let files = project.tree.files().count();
    writeln!(
        out,
        "tidy: {} checks, {files} files, {} long files, {} findings",
        chosen.len(),
        long.len(),
        findings.len()
    )?;
    Ok(findings.is_empty())
}

fn choose(names: &[String]) -> anyhow::Result<Vec<Check>> {
    if names.is_empty() {
        return Ok(CHECKS.to_vec());
    }
    let known: Vec<&str> = CHECKS.iter().map(|(name, _)| *name).collect();
    names
        .iter()
        .map(|name| {
            CHECKS.iter().find(|(rule, _)| rule == name).copied().ok_or_else(|| {
                anyhow::anyhow!("no check is named {name}; there are {}", known.join(", "))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{CHECKS, choose};

    #[test]
    fn checks_are_chosen_by_name_and_an_unknown_name_lists_the_known_ones() {
        assert_eq!(choose(&[]).unwrap().len(), CHECKS.len());
        assert_eq!(choose(&["licences".to_owned()]).unwrap().len(), 1);
        let error = choose(&["licenses".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("licenses") && error.contains("file-length"), "{error}");
    }
}
