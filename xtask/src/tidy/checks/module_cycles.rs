//! The modules of a crate form no cycle.
//!
//! A module is a file. It depends on every module of its crate that its `use` lines and paths lead
//! to, in product code; a `pub use` is followed to where the item really lives and is no dependency
//! of its own, so that tables of contents do not tie everything to everything.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::module_paths::{NamedPath, named_paths};
use crate::tidy::finding::Finding;
use crate::tidy::project::Project;
use crate::tidy::rust_source::{RustSource, words};

pub(crate) const RULE: &str = "module-cycles";

/// A re-export can lead to another one; longer chains than this are a loop.
const FOLLOWED: usize = 8;

/// Path of a module inside its crate; the root is empty.
type Name = Vec<String>;

struct Module<'a> {
    file: &'a str,
    source: &'a RustSource,
    paths: Vec<NamedPath>,
    items: BTreeSet<&'a str>,
}

struct Modules<'a>(BTreeMap<Name, Module<'a>>);

pub(crate) fn check(project: &Project) -> Vec<Finding> {
    let mut crates: BTreeMap<&str, Vec<(&str, &RustSource)>> = BTreeMap::new();
    for (path, source) in project.tree.rust() {
        if let Some((folder, _)) = path.split_once("/src/") {
            crates.entry(folder).or_default().push((path, source));
        }
    }
    crates.iter().flat_map(|(folder, files)| cycles(folder, &Modules::of(folder, files))).collect()
}

impl<'a> Modules<'a> {
    /// Modules that the crate root reaches through `mod` lines of product code; others are tests.
    fn of(folder: &str, files: &[(&'a str, &'a RustSource)]) -> Self {
        let has_lib = files.iter().any(|(path, _)| path.ends_with("/src/lib.rs"));
        let root = if has_lib { "lib.rs" } else { "main.rs" };
        let source_folder = format!("{folder}/src/");
        let mut by_depth: Vec<(Name, &str, &RustSource)> = files
            .iter()
            .filter_map(|(path, source)| {
                let relative = path.strip_prefix(&source_folder)?;
                Some((name_of(relative, root)?, *path, *source))
            })
            .collect();
        by_depth.sort_by_key(|(name, ..)| name.len());
        let mut modules = BTreeMap::new();
        for (name, file, source) in by_depth {
            if is_declared(&modules, &name) {
                let paths = named_paths(&source.product);
                let items = items_of(&source.product);
                modules.insert(name, Module { file, source, paths, items });
            }
        }
        Self(modules)
    }

    /// The module that a path written in `from` leads to, or `None` for one of another crate.
    fn resolve(&self, from: &Name, path: &NamedPath, followed: usize) -> Option<Name> {
        let mut segments = path.segments.iter();
        let mut at: Name = from.iter().chain(&path.inside).cloned().collect();
        let mut rest: Vec<String> = Vec::new();
        match path.segments.first()?.as_str() {
            "crate" => {
                at.clear();
                segments.next();
            }
            "self" | "super" => {}
            child => {
                let mut below = at.clone();
                below.push(child.to_owned());
                self.0.get(&below)?;
            }
        }
        for segment in segments {
            match segment.as_str() {
                "self" => {}
                "super" => {
                    at.pop()?;
                }
                name => rest.push(name.to_owned()),
            }
        }
        Some(self.descend(at, &rest, followed))
    }

    fn descend(&self, mut at: Name, rest: &[String], followed: usize) -> Name {
        // An inline module belongs to the file that holds it.
        while !self.0.contains_key(&at) && at.pop().is_some() {}
        let Some((next, after)) = rest.split_first() else {
            return at;
        };
        let mut below = at.clone();
        below.push(next.clone());
        if self.0.contains_key(&below) {
            return self.descend(below, after, followed);
        }
        match self.follow(&at, next, followed) {
            Some(target) => self.descend(target, after, followed),
            None => at,
        }
    }

    /// Where `name` comes from when module `at` only gives it on.
    fn follow(&self, at: &Name, name: &str, followed: usize) -> Option<Name> {
        let module = self.0.get(at)?;
        if followed == FOLLOWED || module.items.contains(name) {
            return None;
        }
        let exports = module.paths.iter().filter(|path| path.exported_as.is_some());
        let (globs, named): (Vec<_>, Vec<_>) =
            exports.partition(|path| path.exported_as.as_deref() == Some("*"));
        if let Some(path) = named.iter().find(|p| p.exported_as.as_deref() == Some(name)) {
            return self.resolve(at, path, followed + 1);
        }
        globs.into_iter().find_map(|glob| {
            let mut path = glob.clone();
            path.segments.pop();
            path.segments.push(name.to_owned());
            let target = self.resolve(at, &path, followed + 1)?;
            self.0.get(&target)?.items.contains(name).then_some(target)
        })
    }

    /// For every module the modules that it needs, each with the offset that says so first.
    fn edges(&self) -> BTreeMap<&Name, BTreeMap<Name, usize>> {
        let mut edges = BTreeMap::new();
        for (name, module) in &self.0 {
            let mut needs = BTreeMap::new();
            for path in module.paths.iter().filter(|path| path.exported_as.is_none()) {
                let target = self.resolve(name, path, 0).filter(|target| target != name);
                if let Some(target) = target {
                    needs.entry(target).or_insert(path.offset);
                }
            }
            edges.insert(name, needs);
        }
        edges
    }
}

/// `a/b.rs` and `a/b/mod.rs` are `a::b`. Other roots than `root` are crates of their own.
fn name_of(relative: &str, root: &str) -> Option<Name> {
    let stem = relative.strip_suffix(".rs")?;
    if relative == root {
        return Some(Name::new());
    }
    if matches!(relative, "main.rs" | "lib.rs") || relative.starts_with("bin/") {
        return None;
    }
    Some(stem.strip_suffix("/mod").unwrap_or(stem).split('/').map(str::to_owned).collect())
}

fn is_declared(modules: &BTreeMap<Name, Module<'_>>, name: &Name) -> bool {
    let Some((last, parent)) = name.split_last() else {
        return true;
    };
    let Some(parent) = modules.get(parent) else {
        return false;
    };
    parent.items.contains(last.as_str())
}

/// Names that the text defines, of whatever kind.
fn items_of(code: &str) -> BTreeSet<&str> {
    const KINDS: &[&str] = &[
        "mod",
        "struct",
        "enum",
        "union",
        "trait",
        "type",
        "fn",
        "const",
        "static",
        "macro_rules",
    ];
    let pairs = words(code).zip(words(code).skip(1));
    pairs.filter(|((_, kind), _)| KINDS.contains(kind)).map(|(_, (_, name))| name).collect()
}

/// One finding for every group of modules that reach each other: its shortest cycle.
fn cycles(folder: &str, modules: &Modules<'_>) -> Vec<Finding> {
    let edges = modules.edges();
    let mut told: BTreeSet<Name> = BTreeSet::new();
    let mut findings = Vec::new();
    for start in modules.0.keys() {
        if told.contains(start) {
            continue;
        }
        let Some(cycle) = way_back(start, &edges) else {
            continue;
        };
        let group = reachable(start, &edges);
        told.extend(group.into_iter().filter(|other| reachable(other, &edges).contains(start)));
        let shown: Vec<String> = cycle.iter().map(display).collect();
        let offset = cycle.get(1).and_then(|next| edges.get(start)?.get(next)).copied();
        if let Some(module) = modules.0.get(start) {
            let line = module.source.line(offset.unwrap_or(0));
            let message = format!("modules of {folder} in a cycle: {}", shown.join(" -> "));
            let remedy = "move what they share to a module below both";
            findings.push(Finding::new(RULE, module.file, line, message, remedy));
        }
    }
    findings
}

fn display(name: &Name) -> String {
    if name.is_empty() { "crate".to_owned() } else { name.join("::") }
}

/// Shortest way from a module back to itself, both ends included.
fn way_back(start: &Name, edges: &BTreeMap<&Name, BTreeMap<Name, usize>>) -> Option<Vec<Name>> {
    let mut queue = VecDeque::from([vec![start.clone()]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = queue.pop_front() {
        let Some(needs) = way.last().and_then(|last| edges.get(last)) else {
            continue;
        };
        for next in needs.keys() {
            let mut longer = way.clone();
            longer.push(next.clone());
            if next == start {
                return Some(longer);
            }
            if seen.insert(next.clone()) {
                queue.push_back(longer);
            }
        }
    }
    None
}

fn reachable(start: &Name, edges: &BTreeMap<&Name, BTreeMap<Name, usize>>) -> BTreeSet<Name> {
    let mut seen = BTreeSet::new();
    let mut open = vec![start.clone()];
    while let Some(at) = open.pop() {
        let Some(needs) = edges.get(&at) else {
            continue;
        };
        open.extend(needs.keys().filter(|next| seen.insert((*next).clone())).cloned());
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::project::Project;

    fn findings(files: &[(&str, &str)]) -> Vec<String> {
        check(&Project::of(files)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_line_of_modules_and_their_tests_pass() {
        let found = findings(&[
            ("crates/x/src/lib.rs", "mod a;\nmod b;\nmod c;\npub use a::A;\npub use b::*;\n"),
            ("crates/x/src/a.rs", "pub struct A;\n#[cfg(test)]\nmod tests { use crate::c::C; }\n"),
            ("crates/x/src/b.rs", "use crate::A;\npub struct B;\n#[cfg(test)]\nmod tests;\n"),
            ("crates/x/src/b/tests.rs", "use super::B;\nuse crate::c::C;\n"),
            ("crates/x/src/c.rs", "use crate::{A, B};\npub struct C;\nfn f() { super::a::g() }\n"),
        ]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn contents_that_define_a_trait_and_give_on_its_implementation_pass() {
        let found = findings(&[
            ("crates/x/src/lib.rs", "mod store;\n"),
            (
                "crates/x/src/store/mod.rs",
                "mod memory;\npub use memory::Memory;\npub trait Store {}\n",
            ),
            ("crates/x/src/store/memory.rs", "use super::Store;\npub struct Memory;\n"),
        ]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn modules_of_tests_are_left_alone() {
        let found = findings(&[
            ("crates/x/src/lib.rs", "#[cfg(test)]\nmod fake;\n"),
            ("crates/x/src/fake.rs", "mod part;\nuse part::Part;\npub struct Fake;\n"),
            ("crates/x/src/fake/part.rs", "use super::Fake;\npub struct Part;\n"),
        ]);
        assert_eq!(found, [""; 0]);
    }

    #[test]
    fn a_cycle_is_told_once_with_its_shortest_way_and_line() {
        let found = findings(&[
            ("crates/x/src/lib.rs", "mod a;\nmod b;\nmod c;\n"),
            ("crates/x/src/a.rs", "use std::fmt;\nuse crate::b::B;\n"),
            ("crates/x/src/b.rs", "fn f() -> super::c::C {}\n"),
            ("crates/x/src/c.rs", "use crate::{a::A, b};\n"),
        ]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(
            "crates/x/src/a.rs:2: module-cycles: modules of crates/x in a cycle: a -> b -> c -> a"
        ), "{found:?}");
    }

    #[test]
    fn a_re_export_does_not_hide_a_cycle() {
        let found = findings(&[
            ("crates/x/src/lib.rs", "mod a;\nmod b;\npub use a::A;\n"),
            ("crates/x/src/a.rs", "use crate::b::inner::B;\n"),
            ("crates/x/src/b/mod.rs", "pub mod inner;\n"),
            ("crates/x/src/b/inner.rs", "use crate::A;\n"),
        ]);
        assert!(found[0].contains("a -> b::inner -> a"), "{found:?}");
    }

    #[test]
    fn a_parent_and_its_child_can_form_a_cycle() {
        let found = findings(&[
            ("crates/x/src/main.rs", "mod a;\n"),
            ("crates/x/src/a.rs", "mod part;\nuse part::Part;\npub struct A;\n"),
            ("crates/x/src/a/part.rs", "use super::A;\n"),
        ]);
        assert!(found[0].contains("a -> a::part -> a"), "{found:?}");
    }
}
