//! A file is read in one sitting.

use crate::tidy::finding::Finding;
use crate::tidy::project::Project;
use crate::tidy::tree::{is_generated, is_source};

pub(crate) const RULE: &str = "file-length";
/// Lines that a source file should not pass; longer ones are printed, not refused.
pub(crate) const TARGET: usize = 400;
const LIMIT: usize = 800;
const ARCHITECTURE: (&str, usize) = ("ARCHITECTURE.md", 300);

pub(crate) fn check(project: &Project) -> Vec<Finding> {
    let mut findings: Vec<Finding> = sources(project)
        .filter(|(_, lines)| *lines > LIMIT)
        .map(|(path, lines)| too_long(path, lines, LIMIT, "split it by responsibility"))
        .collect();
    let (path, limit) = ARCHITECTURE;
    let lines = project.tree.text(path).map_or(0, |text| text.lines().count());
    if lines > limit {
        findings.push(too_long(path, lines, limit, "move detail to the crate it is about"));
    }
    findings
}

/// Source files longer than the target but within the limit, with their lines.
pub(crate) fn beyond_target(project: &Project) -> Vec<(String, usize)> {
    sources(project)
        .filter(|(_, lines)| (TARGET + 1..=LIMIT).contains(lines))
        .map(|(path, lines)| (path.to_owned(), lines))
        .collect()
}

fn too_long(path: &str, lines: usize, limit: usize, remedy: &str) -> Finding {
    Finding::new(RULE, path, lines, format!("{lines} lines, limit {limit}"), remedy)
}

fn sources(project: &Project) -> impl Iterator<Item = (&str, usize)> {
    project
        .tree
        .files()
        .filter(|(path, text)| is_source(path, text) && !is_generated(path))
        .map(|(path, text)| (path, text.lines().count()))
}

#[cfg(test)]
mod tests {
    use super::{beyond_target, check};
    use crate::tidy::project::Project;

    #[test]
    fn the_limit_is_refused_and_the_target_only_told() {
        let (long, longer) = ("x\n".repeat(800), "x\n".repeat(801));
        let script = format!("#!/bin/sh\n{long}");
        let project = Project::of(&[
            ("crates/a/src/long.rs", &long),
            ("crates/a/src/longer.rs", &longer),
            ("crates/a/src/generated/longer.rs", &longer),
            ("scripts/longer", &script),
            ("cases/data.json", &longer),
            ("ARCHITECTURE.md", &"x\n".repeat(301)),
        ]);
        let found: Vec<String> = check(&project).into_iter().map(|f| f.path).collect();
        assert_eq!(found, ["crates/a/src/longer.rs", "scripts/longer", "ARCHITECTURE.md"]);
        assert_eq!(beyond_target(&project), [("crates/a/src/long.rs".to_owned(), 800)]);
    }
}
