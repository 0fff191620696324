//! A function fits on a screen.

use crate::tidy::finding::Finding;
use crate::tidy::project::Project;
use crate::tidy::tree::is_generated;

pub(crate) const RULE: &str = "function-length";
const LIMIT: usize = 80;

pub(crate) fn check(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in project.tree.rust().filter(|(path, _)| !is_generated(path)) {
        for function in source.functions().into_iter().filter(|f| f.lines > LIMIT) {
            let message =
                format!("fn {} has {} lines, limit {LIMIT}", function.name, function.lines);
            findings.push(Finding::new(
                RULE,
                path,
                function.line,
                message,
                "name its steps as functions",
            ));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::project::Project;

    #[test]
    fn eighty_lines_pass_and_eighty_one_do_not() {
        let body = |lines: usize| format!("fn f() {{\n{}}}\n", "    x();\n".repeat(lines - 2));
        let (fits, long) = (body(80), format!("\n{}", body(81)));
        let project = Project::of(&[("a.rs", &fits), ("b.rs", &long), ("generated/c.rs", &long)]);
        let found: Vec<String> = check(&project).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("b.rs:2: function-length: fn f has 81 lines"), "{found:?}");
    }
}
