//! A path or link in the docs leads somewhere.

use crate::tidy::finding::Finding;
use crate::tidy::project::Project;

pub(crate) const RULE: &str = "documented-paths";

/// Folders whose paths are checked when a code span in a document begins with one.
static FOLDERS: &[&str] =
    &["crates/", "xtask/", "docs/", "scripts/", "bench/", "cases/", "agent/", "web/", ".ci/"];

pub(crate) fn check(project: &Project) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (document, text) in project.tree.files() {
        // A change log tells of what was, too.
        if !document.ends_with(".md") || document.ends_with("CHANGELOG.md") {
            continue;
        }
        for (line, text) in prose(text) {
            let spans = text.split('`').skip(1).step_by(2).filter(|span| is_path(span));
            let lost = spans.filter(|path| !project.tree.holds(path));
            findings.extend(lost.map(|path| finding(document, line, path)));
            let links = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
            let lost = links.filter(|link| !leads_somewhere(project, document, link));
            findings.extend(lost.map(|link| finding(document, line, link)));
        }
    }
    findings
}

fn finding(document: &str, line: usize, path: &str) -> Finding {
    let message = format!("{path} does not exist");
    Finding::new(RULE, document, line, message, "name what is there now")
}

/// Lines outside fenced blocks, counted from 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    text.lines().enumerate().filter_map(move |(at, line)| {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            return None;
        }
        (!fenced).then_some((at + 1, line))
    })
}

fn is_path(span: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    FOLDERS.iter().any(|folder| span.starts_with(folder)) && span.chars().all(plain)
}

fn leads_somewhere(project: &Project, document: &str, link: &str) -> bool {
    if link.is_empty() || link.contains("://") || link.starts_with("mailto:") {
        return true;
    }
    let mut parts: Vec<&str> = document.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "." | "" => {}
            ".." if parts.pop().is_none() => return false,
            ".." => {}
            name => parts.push(name),
        }
    }
    project.tree.holds(&parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::project::Project;

    #[test]
    fn lost_paths_and_links_are_found() {
        let text = "`crates/a/src` and `crates/gone.rs`, `crates/<name>`, `cargo run`\n\
                    ```\n`crates/fenced.rs`\n```\n[up](../README.md#top) [out](https://x.y/z) \
                    [lost](gone.md) [far](../../x)\n";
        let project = Project::of(&[
            ("README.md", ""),
            ("crates/a/src/lib.rs", ""),
            ("docs/page.md", text),
            ("CHANGELOG.md", "`crates/gone.rs`\n"),
        ]);
        let found: Vec<String> = check(&project).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("docs/page.md:1: documented-paths: crates/gone.rs"));
        assert!(found[1].starts_with("docs/page.md:5: documented-paths: gone.md"));
        assert!(found[2].contains(": ../../x does not exist"));
    }
}
