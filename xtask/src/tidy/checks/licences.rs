//! What we are built from may be given on under the terms of Apache-2.0.

use crate::tidy::finding::Finding;
use crate::tidy::project::Project;

pub(crate) const RULE: &str = "licences";

/// Licences that ask for no more than attribution.
static ACCEPTED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages that declare no expression, with the licence that their text turned out to be.
static READ_BY_HAND: &[(&str, &str)] = &[("jsonpath-rust", "MIT")];

pub(crate) fn check(project: &Project) -> Vec<Finding> {
    let lock = project.tree.text("Cargo.lock").unwrap_or_default();
    let mut findings = Vec::new();
    for package in &project.workspace.foreign {
        let by_hand = READ_BY_HAND.iter().find(|(name, _)| *name == package.name);
        let declared = package.licence.as_deref().or(by_hand.map(|(_, licence)| *licence));
        let Some(licence) = declared else {
            let message = format!("{} {} declares no licence", package.name, package.version);
            findings.push(Finding::new(
                RULE,
                "Cargo.lock",
                line(lock, &package.name),
                message,
                "read its text and list it in licences.rs, or do without it",
            ));
            continue;
        };
        if !accepts(licence) {
            let message = format!("{} {} is under {licence}", package.name, package.version);
            findings.push(Finding::new(
                RULE,
                "Cargo.lock",
                line(lock, &package.name),
                message,
                "do without it",
            ));
        }
    }
    findings
}

fn line(lock: &str, package: &str) -> usize {
    let entry = format!("name = \"{package}\"");
    lock.lines().position(|line| line == entry).map_or(1, |at| at + 1)
}

/// Whether a choice that an SPDX expression allows is accepted. `A/B`, the old spelling, is `OR`.
fn accepts(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let (accepted, rest) = any(&words);
    accepted && rest.is_empty()
}

/// `all OR all OR …`; returns what is left as well.
fn any<'a, 'b>(words: &'b [&'a str]) -> (bool, &'b [&'a str]) {
    let (mut accepted, mut rest) = all(words);
    while let [word, more @ ..] = rest
        && word.eq_ignore_ascii_case("or")
    {
        let (next, left) = all(more);
        (accepted, rest) = (accepted || next, left);
    }
    (accepted, rest)
}

/// `one AND one AND …`
fn all<'a, 'b>(words: &'b [&'a str]) -> (bool, &'b [&'a str]) {
    let (mut accepted, mut rest) = one(words);
    while let [word, more @ ..] = rest
        && word.eq_ignore_ascii_case("and")
    {
        let (next, left) = one(more);
        (accepted, rest) = (accepted && next, left);
    }
    (accepted, rest)
}

/// `( any )`, `LICENCE` or `LICENCE WITH EXCEPTION`.
fn one<'a, 'b>(words: &'b [&'a str]) -> (bool, &'b [&'a str]) {
    match words {
        ["(", more @ ..] => match any(more) {
            (accepted, [")", left @ ..]) => (accepted, left),
            (_, left) => (false, left),
        },
        [licence, with, exception, left @ ..] if with.eq_ignore_ascii_case("with") => {
            let whole = format!("{licence} WITH {exception}");
            (ACCEPTED.contains(&whole.as_str()), left)
        }
        [licence, left @ ..] => (ACCEPTED.contains(licence), left),
        [] => (false, words),
    }
}

#[cfg(test)]
mod tests {
    use super::{accepts, check};
    use crate::tidy::project::Project;
    use crate::tidy::workspace::fixture::package;

    #[test]
    fn expressions_are_evaluated() {
        for good in [
            "MIT",
            "MIT/Apache-2.0",
            "Apache-2.0 / MIT",
            "MIT OR LGPL-2.1-or-later",
            "(MIT OR Apache-2.0) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-3.0-only",
            "GPL-3.0-only AND X OR MIT",
        ] {
            assert!(accepts(good), "{good}");
        }
        for bad in ["GPL-3.0-only", "MIT AND MPL-2.0", "(MIT", "", "MIT WITH X", "MIT MIT", "AND"] {
            assert!(!accepts(bad), "{bad}");
        }
    }

    #[test]
    fn foreign_packages_are_judged_by_their_declaration() {
        let mut project =
            Project::of(&[("Cargo.lock", "[[package]]\nname = \"free\"\nname = \"viral\"\n")]);
        for (name, licence) in
            [("free", Some("MIT")), ("viral", Some("AGPL-3.0-only")), ("mute", None)]
        {
            let mut foreign = package("", name, &[]);
            foreign.licence = licence.map(str::to_owned);
            project.workspace.foreign.push(foreign);
        }
        let found: Vec<String> = check(&project).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("Cargo.lock:3: licences: viral 1.0.0 is under AGPL-3.0-only"));
        assert!(found[1].contains("mute 1.0.0 declares no licence"));
    }
}
