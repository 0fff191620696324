//! A name says what is inside.

use crate::tidy::finding::Finding;
use crate::tidy::project::Project;
use crate::tidy::rust_source::words;
use crate::tidy::tree::is_source;

pub(crate) const RULE: &str = "module-names";
const REMEDY: &str = "name it for the one thing it is about";

/// Names that anything fits into, so that everything lands there.
static VAGUE: &[&str] =
    &["util", "utils", "common", "helper", "helpers", "type", "types", "misc", "shared", "stuff"];

pub(crate) fn check(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, _) in project.tree.files().filter(|(path, text)| is_source(path, text)) {
        for part in path.split('/') {
            let stem = part.split('.').next().unwrap_or(part);
            if VAGUE.contains(&stem) {
                findings.push(Finding::new(RULE, path, 1, format!("{part} says nothing"), REMEDY));
            }
        }
    }
    for (path, source) in project.tree.rust() {
        let after_mod = words(&source.code).zip(words(&source.code).skip(1));
        for ((_, word), (offset, name)) in after_mod {
            if word == "mod" && VAGUE.contains(&name) {
                let message = format!("mod {name} says nothing");
                findings.push(Finding::new(RULE, path, source.line(offset), message, REMEDY));
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
    fn vague_names_of_files_folders_and_modules_are_found() {
        let project = Project::of(&[
            ("crates/a/src/lib.rs", "mod span;\nmod utils { }\n"),
            ("crates/a/src/span.rs", "struct Type;\n"),
            ("crates/a/src/common/span.rs", ""),
            ("scripts/helpers.sh", ""),
            ("crates/a/proto/common.proto", ""),
        ]);
        let mut found: Vec<(String, usize)> =
            check(&project).into_iter().map(|f| (f.path, f.line)).collect();
        found.sort();
        let expected = [
            ("crates/a/src/common/span.rs", 1),
            ("crates/a/src/lib.rs", 2),
            ("scripts/helpers.sh", 1),
        ];
        assert_eq!(found, expected.map(|(path, line)| (path.to_owned(), line)));
    }
}
