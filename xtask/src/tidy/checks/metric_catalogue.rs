//! Every metric that a rule defines is in the catalogue for operators, and every one there exists.

use std::collections::BTreeMap;

use crate::tidy::finding::Finding;
use crate::tidy::project::Project;

pub(crate) const RULE: &str = "metric-catalogue";
const RULES: &str = "crates/analysis/rules/oal/";
const MANUAL: &str = "docs/user/metrics.md";

pub(crate) fn check(project: &Project) -> Vec<Finding> {
    let mut defined: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    for (path, text) in project.tree.files().filter(|(path, _)| path.starts_with(RULES)) {
        for (at, line) in text.lines().enumerate() {
            if let Some((name, rule)) = line.split_once('=')
                && rule.trim_start().starts_with("from(")
            {
                defined.insert(name.trim(), (path, at + 1));
            }
        }
    }
    if defined.is_empty() {
        return Vec::new();
    }
    let manual = project.tree.text(MANUAL).unwrap_or_default();
    let rows = manual
        .lines()
        .enumerate()
        .filter_map(|(at, line)| Some((line.strip_prefix("| `")?.split('`').next()?, at + 1)));
    let told: BTreeMap<&str, usize> = rows.collect();
    let mut findings = Vec::new();
    for (name, (path, line)) in &defined {
        if !told.contains_key(name) {
            let message = format!("{name} is not in {MANUAL}");
            findings.push(Finding::new(RULE, path, *line, message, "add its row"));
        }
    }
    for (name, line) in told.iter().filter(|(name, _)| !defined.contains_key(*name)) {
        let message = format!("no rule defines {name}");
        findings.push(Finding::new(RULE, MANUAL, *line, message, "correct or delete the row"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{MANUAL, RULES, check};
    use crate::tidy::project::Project;

    #[test]
    fn rules_and_rows_match_both_ways() {
        let rules = "// x: from(y)\nservice_cpm = from(Service.*).cpm();\ndisable(x);\n\
                     service_sla = from(Service.*).percent(status == true);\n";
        let path = format!("{RULES}core.oal");
        let manual = "| metric |\n| `service_cpm` * | x |\n| `gone` | x |\n";
        let project = Project::of(&[(&path, rules), (MANUAL, manual)]);
        let found: Vec<String> = check(&project).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("core.oal:4: metric-catalogue: service_sla is not in"));
        assert!(
            found[1].starts_with("docs/user/metrics.md:3: metric-catalogue: no rule defines gone")
        );
    }

    #[test]
    fn without_rules_there_is_no_catalogue_to_compare() {
        assert_eq!(check(&Project::of(&[(MANUAL, "| `gone` |\n")])), []);
    }
}
