//! Every error code that an operator can see has a page, and every page a code.

use std::collections::BTreeMap;

use crate::tidy::finding::Finding;
use crate::tidy::project::Project;

pub(crate) const RULE: &str = "error-pages";
const FOLDER: &str = "docs/errors/";

pub(crate) fn check(project: &Project) -> Vec<Finding> {
    let mut codes: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for (path, source) in project.tree.product() {
        for literal in source.product_literals() {
            for code in codes_in(&literal.value) {
                codes.entry(code).or_insert_with(|| (path.to_owned(), literal.line));
            }
        }
    }
    let mut findings = Vec::new();
    for (code, (path, line)) in &codes {
        let page = format!("{FOLDER}{code}.md");
        match project.tree.text(&page) {
            None => findings.push(Finding::new(
                RULE,
                path,
                *line,
                format!("{code} has no page"),
                format!("write {page}: cause and what to do"),
            )),
            Some(text) if !text.starts_with(&format!("# {code}")) => findings.push(Finding::new(
                RULE,
                &page,
                1,
                format!("the title is not {code}"),
                format!("begin with '# {code}: …'"),
            )),
            Some(_) => {}
        }
    }
    for (path, _) in project.tree.files() {
        let name = path.strip_prefix(FOLDER).and_then(|name| name.strip_suffix(".md"));
        let is_page = name.is_some_and(|name| name != "README");
        if is_page && !name.is_some_and(|name| codes.contains_key(name)) {
            findings.push(Finding::new(
                RULE,
                path,
                1,
                "no code leads to this page",
                "delete it or correct its name",
            ));
        }
    }
    findings
}

/// `ST-` and four digits.
fn codes_in(text: &str) -> impl Iterator<Item = String> {
    text.match_indices("ST-").filter_map(|(at, _)| {
        let code = text.get(at..at + 7)?;
        let digits = code.get(3..)?.bytes().all(|byte| byte.is_ascii_digit());
        let ends = !text.get(at + 7..)?.starts_with(|c: char| c.is_ascii_alphanumeric());
        (digits && ends).then(|| code.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::project::Project;

    #[test]
    fn codes_and_pages_match_both_ways() {
        let code = "const A: Code = Code(\"ST-0001\");\nfn b() { bail(\"ST-0002: port\") }\n\
                    const C: &str = \"ST-0003\";\nconst N: &str = \"TEST-1 BEST-12345\";\n\
                    #[cfg(test)]\nmod tests { const T: &str = \"ST-9999\"; }\n";
        let project = Project::of(&[
            ("crates/a/src/code.rs", code),
            ("docs/errors/README.md", "# Errors\n"),
            ("docs/errors/ST-0001.md", "# ST-0001: the port is taken\n"),
            ("docs/errors/ST-0003.md", "# ST-0030: wrong\n"),
            ("docs/errors/ST-0004.md", "# ST-0004: gone\n"),
        ]);
        let found: Vec<String> = check(&project).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].starts_with("crates/a/src/code.rs:2: error-pages: ST-0002 has no page"));
        assert!(found[1].starts_with("docs/errors/ST-0003.md:1: error-pages: the title is not"));
        assert!(found[2].starts_with("docs/errors/ST-0004.md:1: error-pages: no code leads"));
    }
}
