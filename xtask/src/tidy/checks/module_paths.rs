//! Paths that a piece of Rust names: those of `use` trees, and those in expressions and types.

use crate::tidy::rust_source::{closing_brace, head_end, words};

/// One path as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedPath {
    /// For instance `["super", "span", "Span"]`; the last is `*` for a glob.
    pub(crate) segments: Vec<String>,
    /// Byte offset of the statement or of the first segment.
    pub(crate) offset: usize,
    /// For a `pub use`: the name under which the path is given on.
    pub(crate) exported_as: Option<String>,
    /// Names of the inline modules around it, outermost first.
    pub(crate) inside: Vec<String>,
}

/// All paths of more than one segment, and those of `use` whatever their length.
pub(crate) fn named_paths(code: &str) -> Vec<NamedPath> {
    let inline = inline_modules(code);
    let inside = |offset: usize| -> Vec<String> {
        let around = inline.iter().filter(|(_, start, end)| (*start..*end).contains(&offset));
        around.map(|(name, ..)| name.clone()).collect()
    };
    let mut found = Vec::new();
    let mut skip_to = 0;
    for (offset, word) in words(code) {
        if offset < skip_to {
            continue;
        }
        let before = code.get(..offset).unwrap_or_default().trim_end();
        if word == "use" && !before.ends_with(['<', '+']) {
            let start = offset + "use".len();
            let end = code
                .get(start..)
                .and_then(|rest| rest.find(';'))
                .map_or(code.len(), |at| start + at);
            let tree = code.get(start..end).unwrap_or_default();
            let mut leaves = Vec::new();
            use_tree(tree, &[], &mut leaves);
            let public =
                before.ends_with("pub") || (before.ends_with(')') && is_restricted(before));
            for (segments, name) in leaves {
                let exported_as = public.then_some(name);
                found.push(NamedPath { segments, offset, exported_as, inside: inside(offset) });
            }
            skip_to = end;
        } else if !before.ends_with("::") {
            let segments = chain(code.get(offset..).unwrap_or_default());
            if segments.len() > 1 {
                found.push(NamedPath {
                    segments,
                    offset,
                    exported_as: None,
                    inside: inside(offset),
                });
            }
        }
    }
    found
}

/// Whether the text ends in `pub(…)`.
fn is_restricted(before: &str) -> bool {
    before.rfind('(').and_then(|open| before.get(..open)).is_some_and(|text| text.ends_with("pub"))
}

/// Inline modules with the range of their bodies, outer ones first.
fn inline_modules(code: &str) -> Vec<(String, usize, usize)> {
    let modules = words(code).zip(words(code).skip(1)).filter(|((_, word), _)| *word == "mod");
    modules
        .filter_map(|(_, (at, name))| {
            let open = head_end(code, at)?;
            let is_body = code.as_bytes().get(open) == Some(&b'{');
            let close = is_body.then(|| closing_brace(code, open)).flatten()?;
            Some((name.to_owned(), open, close))
        })
        .collect()
}

/// `a::b::c` at the beginning of the text.
fn chain(text: &str) -> Vec<String> {
    let mut segments = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let (segment, after) = rest.split_at(end);
        if segment.is_empty() {
            return segments;
        }
        segments.push(segment.to_owned());
        match after.strip_prefix("::") {
            Some(more) => rest = more,
            None => return segments,
        }
    }
}

/// Leaves of a `use` tree, each with the name that it brings into scope.
fn use_tree(tree: &str, prefix: &[String], leaves: &mut Vec<(Vec<String>, String)>) {
    let tree = tree.trim();
    if let Some(open) = tree.find('{') {
        let mut prefix = prefix.to_vec();
        let head = tree.get(..open).unwrap_or_default();
        prefix.extend(head.split("::").map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned));
        let body = tree.get(open + 1..).and_then(|body| body.strip_suffix('}')).unwrap_or_default();
        for part in top_level_parts(body) {
            use_tree(part, &prefix, leaves);
        }
        return;
    }
    let (path, alias) = match tree.split_once(" as ") {
        Some((path, alias)) => (path, Some(alias.trim().to_owned())),
        None => (tree, None),
    };
    let mut segments = prefix.to_vec();
    segments.extend(path.split("::").map(str::trim).filter(|s| !s.is_empty()).map(str::to_owned));
    if !prefix.is_empty() && segments.last().is_some_and(|last| last == "self") {
        segments.pop();
    }
    if let Some(last) = segments.last().cloned() {
        leaves.push((segments, alias.unwrap_or(last)));
    }
}

/// Parts between the commas that stand outside braces.
fn top_level_parts(body: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_usize, 0);
    for (at, byte) in body.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.extend(body.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.extend(body.get(start..).filter(|rest| !rest.trim().is_empty()));
    parts
}

#[cfg(test)]
mod tests {
    use super::named_paths;

    fn told(code: &str) -> Vec<String> {
        named_paths(code)
            .into_iter()
            .map(|path| {
                let exported = path.exported_as.map(|name| format!(" as {name}"));
                let inside: String = path.inside.iter().map(|name| format!("{name}/")).collect();
                format!("{inside}{}{}", path.segments.join("::"), exported.unwrap_or_default())
            })
            .collect()
    }

    #[test]
    fn use_trees_are_unfolded() {
        let code =
            "use crate::{a::{self, B as C}, d};\npub(crate) use super::e::*;\npub use f::G as H;\n";
        assert_eq!(
            told(code),
            ["crate::a", "crate::a::B", "crate::d", "super::e::* as *", "f::G as H"]
        );
    }

    #[test]
    fn paths_in_expressions_and_inline_modules_are_seen() {
        let code = "fn x() -> crate::a::B { super::c(d::E::f()) }\nmod g { use super::h; }\n\
                    fn y() -> impl Sized + use<'static> { 1 }\n";
        assert_eq!(told(code), ["crate::a::B", "super::c", "d::E::f", "g/super::h"]);
    }
}
