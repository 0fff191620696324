//! Every configuration key is explained to the operator, and every explained key exists.

use std::collections::BTreeSet;

use crate::tidy::finding::Finding;
use crate::tidy::project::Project;

pub(crate) const RULE: &str = "config-keys";
const DEFAULTS: &str = "crates/server/src/config/default.yaml";
const MANUAL: &str = "docs/user/configuration.md";

pub(crate) fn check(project: &Project) -> Vec<Finding> {
    let Some(defaults) = project.tree.text(DEFAULTS) else {
        return Vec::new();
    };
    let manual = project.tree.text(MANUAL).unwrap_or_default();
    let keys = leaves(defaults);
    let told = explained(manual);
    let mut findings = Vec::new();
    for (line, key) in &keys {
        if !told.iter().any(|(_, explained)| explained == key) {
            let message = format!("{key} is not in {MANUAL}");
            findings.push(Finding::new(
                RULE,
                DEFAULTS,
                *line,
                message,
                "add its row: key, default, meaning, unit",
            ));
        }
    }
    let known: BTreeSet<&str> = keys.iter().map(|(_, key)| key.as_str()).collect();
    for (line, key) in &told {
        if !known.contains(key.as_str()) {
            let message = format!("{key} is not in {DEFAULTS}");
            findings.push(Finding::new(RULE, MANUAL, *line, message, "correct or delete the row"));
        }
    }
    findings
}

/// Key paths of the first cells of the table rows, `| \`a.b\` | …`.
fn explained(manual: &str) -> Vec<(usize, String)> {
    let rows = manual.lines().enumerate();
    rows.filter_map(|(at, line)| {
        let key = line.strip_prefix("| `")?.split('`').next()?;
        Some((at + 1, key.to_owned()))
    })
    .collect()
}

/// Paths of the keys that hold a value, by indentation: block mappings, scalars, flow values and
/// lists, which is all that the default configuration uses. What is inside a list is its value.
fn leaves(yaml: &str) -> Vec<(usize, String)> {
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut found: Vec<(usize, String)> = Vec::new();
    for (at, line) in yaml.lines().enumerate() {
        let text = line.trim_start();
        if text.is_empty() || text.starts_with(['#', '-']) {
            continue;
        }
        let indent = line.len() - text.len();
        let Some((key, _)) = text.split_once(':') else {
            continue;
        };
        open.retain(|(outer, _)| *outer < indent);
        let parent = open.last().map(|(_, path)| path.clone());
        if let Some(parent) = &parent {
            found.retain(|(_, path)| path != parent);
        }
        let path = parent.map_or_else(|| key.to_owned(), |parent| format!("{parent}.{key}"));
        found.push((at + 1, path.clone()));
        open.push((indent, path));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{DEFAULTS, MANUAL, check, leaves};
    use crate::tidy::project::Project;

    const YAML: &str = "# all\nversion: 1\nstorage:\n  # which\n  selector: memory\n  memory:\n    \
                        bytes: 64MiB\ngrpc:\n  origins:\n    - a: 1\n  port: 1 # no: key\n";

    #[test]
    fn leaves_are_paths_of_values() {
        let keys: Vec<String> = leaves(YAML).into_iter().map(|(_, key)| key).collect();
        assert_eq!(
            keys,
            ["version", "storage.selector", "storage.memory.bytes", "grpc.origins", "grpc.port"]
        );
    }

    #[test]
    fn keys_and_rows_match_both_ways() {
        let manual = "# Keys\n| `version` | 1 |\n| `storage.selector` | memory |\n\
                      | `storage.memory.bytes` | 64MiB |\n| `grpc.origins` | |\n| `grpc.prot` | |\n";
        let project = Project::of(&[(DEFAULTS, YAML), (MANUAL, manual)]);
        let found: Vec<String> = check(&project).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2);
        assert!(
            found[0].contains("default.yaml:11: config-keys: grpc.port is not in"),
            "{found:?}"
        );
        assert!(found[1].contains("configuration.md:6: config-keys: grpc.prot is not in"));
    }

    #[test]
    fn without_a_default_configuration_there_is_nothing_to_explain() {
        assert_eq!(check(&Project::of(&[(MANUAL, "| `a` | |\n")])), []);
    }
}
