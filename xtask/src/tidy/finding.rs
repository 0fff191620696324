//! What a check says.

use std::fmt;

/// One broken rule at one place. Displays as `path:line: rule: message (what to do)`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// Relative to the workspace root, with forward slashes.
    pub(crate) path: String,
    /// Counted from 1; 1 as well when the finding is about the whole file.
    pub(crate) line: usize,
    /// Name of the rule, as `run::CHECKS` spells it.
    pub(crate) rule: &'static str,
    /// What is wrong, lower case, no full stop.
    pub(crate) message: String,
    /// What to do about it, as an imperative.
    pub(crate) remedy: String,
}

impl Finding {
    /// A finding of `rule` at `path:line`.
    pub(crate) fn new(
        rule: &'static str,
        path: &str,
        line: usize,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { path: path.to_owned(), line, rule, message: message.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, rule, message, remedy } = self;
        write!(f, "{path}:{line}: {rule}: {message} ({remedy})")
    }
}

#[cfg(test)]
mod tests {
    use super::Finding;

    #[test]
    fn one_line_names_place_rule_fault_and_remedy() {
        let finding = Finding::new("file-length", "a/b.rs", 801, "801 lines", "split it");
        assert_eq!(finding.to_string(), "a/b.rs:801: file-length: 801 lines (split it)");
    }
}
