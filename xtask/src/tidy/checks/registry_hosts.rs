//! Packages are named by name; where they come from is the reader's client's affair.

use crate::tidy::finding::Finding;
use crate::tidy::project::Project;

pub(crate) const RULE: &str = "registry-hosts";

/// Host names, in parts so that this file does not contain them.
static HOSTS: &[&[&str]] = &[
    &["crates", "io"],
    &["pypi", "org"],
    &["pythonhosted", "org"],
    &["registry", "npmjs", "org"],
    &["registry", "yarnpkg", "com"],
    &["proxy", "golang", "org"],
    &["sum", "golang", "org"],
    &["repo", "maven", "apache", "org"],
    &["repo1", "maven", "org"],
    &["deb", "debian", "org"],
    &["security", "debian", "org"],
];

pub(crate) fn check(project: &Project) -> Vec<Finding> {
    let hosts: Vec<String> = HOSTS.iter().map(|parts| parts.join(".")).collect();
    let mut findings = Vec::new();
    // Cargo writes the source of every package into its lock file and cannot be told not to.
    let texts = project.tree.files().filter(|(path, _)| !path.ends_with("Cargo.lock"));
    for (path, text) in texts {
        for (at, line) in text.lines().enumerate() {
            for host in hosts.iter().filter(|host| line.contains(host.as_str())) {
                findings.push(Finding::new(
                    RULE,
                    path,
                    at + 1,
                    format!("the host of a package registry: {host}"),
                    "name the package only; for npm lock files set omit-lockfile-registry-resolved",
                ));
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
    fn hosts_are_found_except_in_the_lock_file_of_cargo() {
        let line = format!("\n\"resolved\": \"https://registry.{}.org/x\"\n", "npmjs");
        let project = Project::of(&[("web/package-lock.json", &line), ("Cargo.lock", &line)]);
        let found = check(&project);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].path.as_str(), found[0].line), ("web/package-lock.json", 2));
    }
}
