//! Every metric that Skytrail publishes of itself is explained, and every explained one exists.

use std::collections::BTreeMap;

use crate::tidy::finding::Finding;
use crate::tidy::project::Project;

pub(crate) const RULE: &str = "self-metrics";
const MANUAL: &str = "docs/user/self-metrics.md";
const PREFIX: &str = "skytrail_";

pub(crate) fn check(project: &Project) -> Vec<Finding> {
    let manual = project.tree.text(MANUAL).unwrap_or_default();
    let told: BTreeMap<&str, usize> = explained(manual).collect();
    let mut published: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    for (path, source) in project.tree.product() {
        for literal in source.product_literals().filter(|l| is_metric(project, &l.value)) {
            published.entry(&literal.value).or_insert((path, literal.line));
        }
    }
    let mut findings = Vec::new();
    for (name, (path, line)) in &published {
        if !spellings(name).iter().any(|spelling| told.contains_key(spelling.as_str())) {
            let message = format!("{name} is not in {MANUAL}");
            findings.push(Finding::new(
                RULE,
                path,
                *line,
                message,
                "add its row: name, labels, unit, meaning",
            ));
        }
    }
    for (name, line) in &told {
        let exists = published.keys().any(|known| spellings(known).iter().any(|s| s == name));
        if !exists {
            let message = format!("no code publishes {name}");
            findings.push(Finding::new(RULE, MANUAL, *line, message, "correct or delete the row"));
        }
    }
    findings
}

/// A counter is registered without `_total` and exposed with it.
fn spellings(name: &str) -> [String; 2] {
    [name.to_owned(), format!("{name}_total")]
}

/// The crates are called `skytrail_…` too, for instance in log filters.
fn is_metric(project: &Project, literal: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let members = &project.workspace.members;
    literal.len() > PREFIX.len()
        && literal.starts_with(PREFIX)
        && literal.bytes().all(plain)
        && !members.iter().any(|member| member.name.replace('-', "_") == literal)
}

/// Names of the first cells of the table rows, without their labels.
fn explained(manual: &str) -> impl Iterator<Item = (&str, usize)> {
    manual.lines().enumerate().filter_map(|(at, line)| {
        let cell = line.strip_prefix("| `")?.split('`').next()?;
        let name = cell.split('{').next()?;
        name.starts_with(PREFIX).then_some((name, at + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::{MANUAL, check};
    use crate::tidy::project::Project;
    use crate::tidy::workspace::fixture::package;

    #[test]
    fn names_in_code_and_rows_match_both_ways() {
        let code = "r(\"skytrail_received\");\nr(\"skytrail_secret_bytes\");\n\
                    log(\"skytrail_base\", \"skytrail_base=info\");\n";
        let manual =
            "| name |\n| `skytrail_received_total{signal}` | x |\n| `skytrail_gone` | x |\n";
        let mut project = Project::of(&[("crates/a/src/a.rs", code), (MANUAL, manual)]);
        project.workspace.members.push(package("crates/base", "skytrail-base", &[]));
        let found: Vec<String> = check(&project).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("crates/a/src/a.rs:2: self-metrics: skytrail_secret_bytes"));
        assert!(
            found[1].starts_with("docs/user/self-metrics.md:3: self-metrics: no code publishes")
        );
    }
}
