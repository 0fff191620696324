//! Every configuration key is explained to the operator, and every explained key exists.

use std::collections::BTreeSet;

use crate::tidy::finding::Finding;
use crate::tidy::project::Project;

pub(crate) const RULE: &str = "config-keys";
const DEFAULTS: &str = "crates/server/src/config/default.yaml";
const MANUAL: &str = "docs/user/configuration.md";

/// A key, its default and what is said about it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Key {
    line: usize,
    path: String,
    default: String,
    meaning: String,
}

pub(crate) fn check(project: &Project) -> Vec<Finding> {
    let Some(defaults) = project.tree.text(DEFAULTS) else {
        return Vec::new();
    };
    let manual = project.tree.text(MANUAL).unwrap_or_default();
    let keys = leaves(defaults);
    let told = explained(manual);
    let mut findings = Vec::new();
    for key in &keys {
        let Some(row) = told.iter().find(|row| row.path == key.path) else {
            let message = format!("{} is not in {MANUAL}", key.path);
            let remedy = "add its row: key, default, meaning, unit";
            findings.push(Finding::new(RULE, DEFAULTS, key.line, message, remedy));
            continue;
        };
        if row.default != key.default {
            let message = format!("{}: {DEFAULTS} has the default {}", key.path, key.default);
            findings.push(Finding::new(RULE, MANUAL, row.line, message, "correct the row"));
        }
        if row.meaning != key.meaning {
            let message = format!("{}: {DEFAULTS} explains it otherwise", key.path);
            let remedy = "say the same above the key and in the row";
            findings.push(Finding::new(RULE, MANUAL, row.line, message, remedy));
        }
    }
    let known: BTreeSet<&str> = keys.iter().map(|key| key.path.as_str()).collect();
    for row in told.iter().filter(|row| !known.contains(row.path.as_str())) {
        let message = format!("{} is not in {DEFAULTS}", row.path);
        findings.push(Finding::new(RULE, MANUAL, row.line, message, "correct or delete the row"));
    }
    findings
}

/// The table rows, `| \`a.b\` | \`default\` | meaning |`.
fn explained(manual: &str) -> Vec<Key> {
    let rows = manual.lines().enumerate();
    rows.filter_map(|(at, line)| {
        let mut cells = line.strip_prefix("| `")?.split(" | ");
        let path = cells.next()?.trim_end_matches([' ', '|']).trim_end_matches('`').to_owned();
        let default = cells.next().unwrap_or_default().trim_matches('`').to_owned();
        let meaning = cells.collect::<Vec<_>>().join(" | ");
        let meaning = meaning.trim_end_matches('|').trim_end().to_owned();
        Some(Key { line: at + 1, path, default, meaning })
    })
    .collect()
}

/// The keys that hold a value, by indentation: block mappings, scalars and flow values on one line,
/// each explained by the comment above it, which is all that the default configuration uses.
fn leaves(yaml: &str) -> Vec<Key> {
    let mut open: Vec<(usize, String)> = Vec::new();
    let mut found: Vec<Key> = Vec::new();
    let mut said: Vec<&str> = Vec::new();
    for (at, line) in yaml.lines().enumerate() {
        let text = line.trim_start();
        if let Some(comment) = text.strip_prefix('#') {
            said.push(comment.trim());
            continue;
        }
        let Some((key, value)) = text.split_once(':') else {
            said.clear();
            continue;
        };
        let indent = line.len() - text.len();
        open.retain(|(outer, _)| *outer < indent);
        let parent = open.last().map(|(_, path)| path.clone());
        if let Some(parent) = &parent {
            found.retain(|key| key.path != *parent);
        }
        let path = parent.map_or_else(|| key.to_owned(), |parent| format!("{parent}.{key}"));
        let meaning = std::mem::take(&mut said).join(" ");
        let default = value.trim().to_owned();
        found.push(Key { line: at + 1, path: path.clone(), default, meaning });
        open.push((indent, path));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{DEFAULTS, Key, MANUAL, check, leaves};
    use crate::tidy::project::Project;

    const YAML: &str = "# All of it.\n\nversion: 1\nstorage:\n  # Which one,\n  # of many.\n  \
                        selector: memory\n  memory:\n    bytes: 64MiB\ngrpc:\n  port: 1\n";

    #[test]
    fn leaves_are_keys_with_their_values_and_comments() {
        let key = |line, path: &str, default: &str, meaning: &str| Key {
            line,
            path: path.to_owned(),
            default: default.to_owned(),
            meaning: meaning.to_owned(),
        };
        assert_eq!(
            leaves(YAML),
            [
                key(3, "version", "1", ""),
                key(7, "storage.selector", "memory", "Which one, of many."),
                key(9, "storage.memory.bytes", "64MiB", ""),
                key(11, "grpc.port", "1", ""),
            ]
        );
    }

    fn findings(manual: &str) -> Vec<String> {
        let project = Project::of(&[(DEFAULTS, YAML), (MANUAL, manual)]);
        check(&project).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn keys_and_rows_match_both_ways() {
        let rows = "# Keys\n| `version` | `1` |  |\n\
                    | `storage.selector` | `memory` | Which one, of many. |\n\
                    | `storage.memory.bytes` | `64MiB` |  |\n";
        assert_eq!(findings(&format!("{rows}| `grpc.port` | `1` |  |\n")), [""; 0]);
        let found = findings(&format!("{rows}| `grpc.prot` | `1` |  |\n"));
        assert_eq!(found.len(), 2);
        assert!(
            found[0].contains("default.yaml:11: config-keys: grpc.port is not in"),
            "{found:?}"
        );
        assert!(found[1].contains("configuration.md:5: config-keys: grpc.prot is not in"));
    }

    #[test]
    fn defaults_and_meanings_are_the_same_in_both() {
        let found = findings(
            "| `version` | `2` |  |\n| `storage.selector` | `memory` | Which. |\n\
             | `storage.memory.bytes` | `64MiB` |  |\n| `grpc.port` | `1` |  |\n",
        );
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("configuration.md:1: config-keys: version: "), "{found:?}");
        assert!(found[0].contains("has the default 1"), "{found:?}");
        assert!(found[1].contains("configuration.md:2: config-keys: storage.selector: "));
    }

    #[test]
    fn without_a_default_configuration_there_is_nothing_to_explain() {
        assert_eq!(check(&Project::of(&[(MANUAL, "| `a` | | |\n")])), []);
    }
}
