//! Every dependency is named by the code that asks for it.

use std::collections::BTreeSet;

use crate::tidy::finding::Finding;
use crate::tidy::project::Project;
use crate::tidy::rust_source::words;
use crate::tidy::workspace::{Package, manifest_line};

pub(crate) const RULE: &str = "unused-dependencies";

pub(crate) fn check(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for member in &project.workspace.members {
        unused_by(project, member, &mut findings);
    }
    let asked: BTreeSet<&str> = project
        .workspace
        .members
        .iter()
        .flat_map(|member| &member.dependencies)
        .flat_map(|dependency| [dependency.name.as_str(), dependency.package.as_str()])
        .collect();
    for (name, line) in &project.workspace.shared_dependencies {
        if !asked.contains(name.as_str()) {
            let message = format!("no member depends on {name}");
            findings.push(Finding::new(RULE, "Cargo.toml", *line, message, "delete the line"));
        }
    }
    findings
}

fn unused_by(project: &Project, member: &Package, findings: &mut Vec<Finding>) {
    let manifest = member.manifest();
    let text = project.tree.text(&manifest).unwrap_or_default();
    let named = names_in(project, &format!("{}/", member.folder));
    let mut told = BTreeSet::new();
    for dependency in &member.dependencies {
        let generated = member.used_by_generated_code.contains(&dependency.name);
        let name = dependency.name.replace('-', "_");
        if generated || named.contains(name.as_str()) || !told.insert(&dependency.name) {
            continue;
        }
        let message = format!("{} never names {}", member.name, dependency.name);
        let line = manifest_line(text, &dependency.name);
        let remedy = "delete the line, or list it under [package.metadata.tidy] generated";
        findings.push(Finding::new(RULE, &manifest, line, message, remedy));
    }
}

/// Words of the code and, since attributes such as `serde(with = "…")` name crates in strings, of
/// the string literals.
fn names_in<'a>(project: &'a Project, folder: &str) -> BTreeSet<&'a str> {
    let sources = project.tree.rust().filter(|(path, _)| path.starts_with(folder));
    let mut named = BTreeSet::new();
    for (_, source) in sources {
        named.extend(words(&source.code).map(|(_, word)| word));
        for literal in &source.literals {
            named.extend(words(&literal.value).map(|(_, word)| word));
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::project::Project;
    use crate::tidy::workspace::fixture::package;

    #[test]
    fn a_dependency_that_no_code_names_is_found() {
        let manifest = "[dependencies]\nused.workspace = true\nin-a-string = \"1\"\nidle = \"1\"\n\
                        wire = \"1\"\n";
        let mut project = Project::of(&[
            ("crates/a/Cargo.toml", manifest),
            ("crates/a/src/lib.rs", "// idle\n#[serde(with = \"in_a_string::x\")]\nuse used::Y;\n"),
            ("crates/ab/src/lib.rs", "use idle::Z;\n"),
        ]);
        let mut member = package("crates/a", "sky-a", &["used", "in-a-string", "idle", "wire"]);
        member.used_by_generated_code.push("wire".to_owned());
        project.workspace.members.push(member);
        project.workspace.shared_dependencies =
            vec![("used".to_owned(), 4), ("lone".to_owned(), 5)];
        let found: Vec<String> = check(&project).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0]
                .starts_with("crates/a/Cargo.toml:4: unused-dependencies: sky-a never names idle")
        );
        assert!(
            found[1].starts_with("Cargo.toml:5: unused-dependencies: no member depends on lone")
        );
    }
}
