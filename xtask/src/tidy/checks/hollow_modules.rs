//! `lib.rs` and `mod.rs` are tables of contents.

use crate::tidy::finding::Finding;
use crate::tidy::project::Project;
use crate::tidy::rust_source::words;
use crate::tidy::tree::is_generated;

pub(crate) const RULE: &str = "hollow-modules";
const REMEDY: &str = "move it to a file named for what it does";

pub(crate) fn check(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, source) in project.tree.rust() {
        let contents = path.ends_with("/lib.rs") || path.ends_with("/mod.rs");
        if !contents || is_generated(path) {
            continue;
        }
        for function in source.functions().into_iter().filter(|f| f.lines > 0) {
            let message = format!("fn {} in a table of contents", function.name);
            findings.push(Finding::new(RULE, path, function.line, message, REMEDY));
        }
        for (offset, _) in words(&source.code).filter(|(_, word)| *word == "macro_rules") {
            let line = source.line(offset);
            findings.push(Finding::new(RULE, path, line, "a macro in a table of contents", REMEDY));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::project::Project;

    #[test]
    fn contents_hold_no_bodies() {
        let project = Project::of(&[
            ("crates/a/src/lib.rs", "//! fn doc() {}\nmod b;\npub use b::C;\n"),
            ("crates/a/src/b/mod.rs", "pub trait T {\n    fn f(&self);\n}\nfn g() {}\n"),
            ("crates/a/src/c/mod.rs", "macro_rules! m { () => {} }\n"),
            ("crates/a/src/d.rs", "fn g() {}\n"),
        ]);
        let found: Vec<(String, usize)> =
            check(&project).into_iter().map(|f| (f.path, f.line)).collect();
        let expected = [("crates/a/src/b/mod.rs", 4), ("crates/a/src/c/mod.rs", 1)];
        assert_eq!(found, expected.map(|(path, line)| (path.to_owned(), line)));
    }
}
