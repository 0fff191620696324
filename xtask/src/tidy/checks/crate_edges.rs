//! Which crate may depend on which.

use crate::tidy::finding::Finding;
use crate::tidy::project::Project;
use crate::tidy::workspace::{Dependency, Package, manifest_line};

pub(crate) const RULE: &str = "crate-edges";

const PREFIX: &str = "skytrail-";
const MANIFEST: &str = "Cargo.toml";
const EVERYTHING: &[&str] = &["*"];

/// A crate and the crates it may name, for tests and build scripts too. Part of the design: a
/// change here comes with a record in `docs/adr/`.
static ALLOWED: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("model", &[]),
    ("proto", &[]),
    ("lang", &["model"]),
    ("ingest", &["base", "model", "proto"]),
    ("storage", &["base", "model"]),
    ("analysis", &["base", "model", "lang", "storage"]),
    ("columns", &[]),
    ("blocks", &["base", "columns", "model", "storage"]),
    ("series", &["columns", "model", "storage"]),
    ("mutable", &["base", "model", "storage"]),
    ("engine", &["base", "model", "storage", "columns", "blocks", "series", "mutable"]),
    ("query", &["base", "model", "lang", "storage"]),
    ("api", &["base", "model", "query", "proto"]),
    ("demo", &["base", "model", "proto"]),
    ("server", EVERYTHING),
];

/// Edges that only tests have: questions are tested on the in-memory store, not on a double of it.
static FOR_TESTS: &[(&str, &str)] = &[("api", "storage")];

/// Members that look at the product from outside: they may name anything, and nothing names them.
static OUTSIDE: &[&str] = &["skytrail-bench", "xtask"];

pub(crate) fn check(project: &Project) -> Vec<Finding> {
    let mut findings = edges(project);
    findings.extend(idle_rows(project));
    findings
}

fn edges(project: &Project) -> Vec<Finding> {
    let members = &project.workspace.members;
    let position = |name: &str| members.iter().position(|member| member.name == name);
    let mut findings = Vec::new();
    for (place, member) in members.iter().enumerate() {
        let manifest = member.manifest();
        let text = project.tree.text(&manifest).unwrap_or_default();
        for dependency in &member.dependencies {
            let Some(other) = position(&dependency.package) else {
                continue;
            };
            if let Some((message, remedy)) = judge(member, place, dependency, other) {
                let line = manifest_line(text, &dependency.name);
                findings.push(Finding::new(RULE, &manifest, line, message, remedy));
            }
        }
    }
    findings
}

/// Rows about crates that are not there.
fn idle_rows(project: &Project) -> Vec<Finding> {
    let members = &project.workspace.members;
    let has = |short: &str| members.iter().any(|member| member.name == format!("{PREFIX}{short}"));
    let idle = ALLOWED.iter().map(|(name, _)| *name).filter(|name| !has(name));
    let finding = |name| {
        let message = format!("the table of edges has a row for {name}, which is no crate");
        Finding::new(RULE, MANIFEST, 1, message, "delete the row")
    };
    idle.map(finding).collect()
}

/// Says what is wrong with an edge between the members at `place` and `other`.
fn judge(
    from: &Package,
    place: usize,
    dependency: &Dependency,
    other: usize,
) -> Option<(String, &'static str)> {
    let (from, to) = (from.name.as_str(), dependency.package.as_str());
    if OUTSIDE.contains(&from) {
        return None;
    }
    if OUTSIDE.contains(&to) {
        return Some((format!("{from} depends on {to}"), "move what it needs into the product"));
    }
    let short = |name: &str| name.strip_prefix(PREFIX).unwrap_or(name).to_owned();
    let (from, to) = (short(from), short(to));
    let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == from) else {
        return Some((
            format!("crate {from} has no row in the table of edges"),
            "add it to crate_edges.rs with a record in docs/adr",
        ));
    };
    let in_tests = dependency.for_tests && FOR_TESTS.contains(&(from.as_str(), to.as_str()));
    if *allowed != EVERYTHING && !allowed.contains(&to.as_str()) && !in_tests {
        return Some((
            format!("{from} must not depend on {to}"),
            "move the code to the crate whose types it speaks",
        ));
    }
    (other >= place).then(|| {
        (
            format!("{from} depends on {to}, which members lists below it"),
            "reorder members in the root Cargo.toml",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::{edges, idle_rows};
    use crate::tidy::project::Project;
    use crate::tidy::workspace::fixture::package;

    fn project(members: &[(&str, &[&str])]) -> Project {
        let mut project = Project::of(&[(
            "crates/lang/Cargo.toml",
            "[dependencies]\n\nskytrail-base.workspace = true\n",
        )]);
        for (name, dependencies) in members {
            let folder = name.strip_prefix("skytrail-").unwrap_or(name);
            project.workspace.members.push(package(
                &format!("crates/{folder}"),
                name,
                dependencies,
            ));
        }
        project
    }

    fn findings(members: &[(&str, &[&str])]) -> Vec<String> {
        edges(&project(members)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_row_without_its_crate_is_found() {
        let members: Vec<(&str, &[&str])> = vec![("skytrail-base", &[]), ("skytrail-api", &[])];
        let found = idle_rows(&project(&members));
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert!(found.iter().any(|one| one.contains("a row for lang, which is no crate")));
        assert!(!found.iter().any(|one| one.contains("row for base")), "{found:?}");
    }

    #[test]
    fn edges_of_the_table_pass() {
        let members: &[(&str, &[&str])] = &[
            ("skytrail-base", &["serde"]),
            ("skytrail-model", &[]),
            ("skytrail-storage", &["skytrail-base", "skytrail-model"]),
            ("skytrail-server", &["skytrail-storage"]),
            ("skytrail-bench", &["skytrail-server"]),
            ("xtask", &["skytrail-base"]),
        ];
        assert_eq!(findings(members), [""; 0]);
    }

    #[test]
    fn an_edge_outside_the_table_is_found_with_its_line() {
        let members: &[(&str, &[&str])] =
            &[("skytrail-base", &[]), ("skytrail-lang", &["skytrail-base"])];
        let found = findings(members);
        assert_eq!(found.len(), 1);
        assert!(
            found[0]
                .starts_with("crates/lang/Cargo.toml:3: crate-edges: lang must not depend on base"),
            "{found:?}"
        );
    }

    #[test]
    fn a_crate_listed_below_cannot_be_named() {
        let members: &[(&str, &[&str])] =
            &[("skytrail-storage", &["skytrail-model"]), ("skytrail-model", &[])];
        assert!(findings(members)[0].contains("lists below it"));
    }

    #[test]
    fn nothing_names_the_outside_and_every_crate_has_a_row() {
        let members: &[(&str, &[&str])] = &[
            ("skytrail-bench", &[]),
            ("skytrail-new", &["skytrail-bench"]),
            ("skytrail-other", &["skytrail-new"]),
        ];
        let found = findings(members);
        assert!(
            found[0].contains("new depends on skytrail-bench")
                || found[0].contains("skytrail-new depends on skytrail-bench"),
            "{found:?}"
        );
        assert!(found[1].contains("other has no row"), "{found:?}");
    }
}
