//! No path of somebody's machine.

use crate::tidy::finding::Finding;
use crate::tidy::project::Project;

pub(crate) const RULE: &str = "machine-paths";

/// First parts of absolute paths that exist on one machine and not on the next.
static ROOTS: &[&str] = &["home", "root", "work", "tmp"];

pub(crate) fn check(project: &Project) -> Vec<Finding> {
    let patterns: Vec<String> = ROOTS.iter().map(|root| format!("/{root}/")).collect();
    let mut findings = Vec::new();
    for (path, text) in project.tree.files() {
        for (at, line) in text.lines().enumerate() {
            for pattern in patterns.iter().filter(|pattern| names_a_root(line, pattern)) {
                findings.push(Finding::new(
                    RULE,
                    path,
                    at + 1,
                    format!("an absolute path under {pattern}"),
                    "make it relative, or take a fresh folder from the system",
                ));
            }
        }
    }
    findings
}

/// Whether the pattern starts a path. In `./data/tmp/x` and `$DIR/tmp/x` it is inside one.
fn names_a_root(line: &str, pattern: &str) -> bool {
    line.match_indices(pattern).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        before.is_none_or(|c| {
            c == '/'
                || !(c.is_alphanumeric()
                    || matches!(c, '_' | '-' | '.' | '}' | ')' | '>' | '~' | '*'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::project::Project;

    #[test]
    fn only_the_start_of_an_absolute_path_counts() {
        let text =
            ["x=/tmp", "/a\ny=$DIR/tmp", "/a\n# see file://", "/home", "/me\n./work", "/a\n"]
                .concat();
        let project = Project::of(&[("scripts/a", &text)]);
        let lines: Vec<usize> = check(&project).into_iter().map(|f| f.line).collect();
        assert_eq!(lines, [1, 3]);
    }
}
