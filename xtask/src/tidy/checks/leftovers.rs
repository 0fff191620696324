//! Nothing unfinished is committed.

use crate::tidy::finding::Finding;
use crate::tidy::project::Project;
use crate::tidy::tree::is_generated;

pub(crate) const RULE: &str = "leftovers";

/// Beginnings of code that stands for work not done, and what to do instead.
static LEFTOVERS: &[(&str, &str)] = &[
    ("todo!(", "finish it or leave it out"),
    ("unimplemented!(", "finish it or leave it out"),
    ("#[ignore", "make the test pass everywhere or delete it"),
    ("#![allow(", "repair the cause, or expect one lint with its reason"),
    ("#[allow(", "repair the cause, or expect one lint with its reason"),
];

pub(crate) fn check(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in project.tree.rust() {
        for (leftover, remedy) in LEFTOVERS {
            if leftover.contains("allow") && is_generated(path) {
                continue;
            }
            for (offset, _) in source.code.match_indices(leftover) {
                let line = source.line(offset);
                let message = format!("{leftover} is left over");
                findings.push(Finding::new(RULE, path, line, message, *remedy));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::project::Project;

    #[test]
    fn unfinished_code_is_found_and_text_about_it_is_not() {
        let text = "// todo!()\nfn a() { todo!() }\n#[test]\n#[ignore = \"slow\"]\nfn b() {}\n\
                    #[allow(dead_code)]\nconst C: &str = \"todo!(\";\nfn d() { unimplemented!() }\n";
        let generated = "#![allow(missing_docs, reason = \"generated\")]\n";
        let project = Project::of(&[("a.rs", text), ("src/generated.rs", generated)]);
        let mut lines: Vec<usize> = check(&project).into_iter().map(|f| f.line).collect();
        lines.sort_unstable();
        assert_eq!(lines, [2, 4, 6, 8]);
    }
}
