//! Names: cut to length, never blank, endpoints grouped by patterns.

mod grouping;

use std::borrow::Cow;

pub(crate) use grouping::Grouping;
use skytrail_model::id::BLANK;

/// Endpoints beyond the limit of their service.
pub(crate) const ABANDONED: &str = "_abandoned";
/// Services, instances and endpoints beyond the limit of all.
pub(crate) const OTHER: &str = "_other_";
/// Whoever calls without saying who.
pub(crate) const USER: &str = "User";

/// Longest names in characters.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NameLengths {
    pub(crate) service: usize,
    pub(crate) instance: usize,
    pub(crate) endpoint: usize,
}

/// Whether a name stands for many that are not told apart.
pub(crate) fn is_collective(name: &str) -> bool {
    name == ABANDONED || name == OTHER
}

/// The rules for names.
#[derive(Debug, Clone)]
pub(crate) struct Naming {
    lengths: NameLengths,
    grouping: Grouping,
}

impl Naming {
    pub(crate) fn new(lengths: NameLengths) -> Self {
        Self { lengths, grouping: Grouping::default() }
    }

    pub(crate) fn with_grouping(self, grouping: Grouping) -> Self {
        Self { grouping, ..self }
    }

    /// A service name; `group::name` is one name, which queries take apart.
    pub(crate) fn service<'a>(&self, name: &'a str) -> &'a str {
        named(name, self.lengths.service)
    }

    pub(crate) fn instance<'a>(&self, name: &'a str) -> &'a str {
        named(name, self.lengths.instance)
    }

    /// An endpoint name of a service, the pattern where one fits.
    pub(crate) fn endpoint<'a>(&'a self, service: &str, name: &'a str) -> Cow<'a, str> {
        let name = named(name, self.lengths.endpoint);
        Cow::Borrowed(self.grouping.pattern_of(service, name).unwrap_or(name))
    }
}

fn named(name: &str, length: usize) -> &str {
    if name.trim().is_empty() {
        return BLANK;
    }
    // A name of at most so many bytes has at most so many characters.
    if name.len() <= length {
        return name;
    }
    match name.char_indices().nth(length) {
        Some((end, _)) => name.get(..end).unwrap_or(name),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::{Grouping, NameLengths, Naming};

    fn naming() -> Naming {
        Naming::new(NameLengths { service: 4, instance: 4, endpoint: 8 })
    }

    #[test]
    fn names_are_cut_by_characters_and_never_blank() {
        assert_eq!(naming().service("äöüßx"), "äöüß");
        assert_eq!(naming().service("abc"), "abc");
        assert_eq!(naming().instance(" \t"), "_blank");
        assert_eq!(naming().endpoint("s", ""), "_blank");
    }

    #[test]
    fn endpoints_are_grouped_after_they_are_cut() {
        let rules = "grouping:\n  - service-name: shop\n    rules:\n      - /a/{var}\n";
        let naming = naming().with_grouping(Grouping::parse(rules).unwrap());
        assert_eq!(naming.endpoint("shop", "/a/123456789"), "/a/{var}");
        assert_eq!(naming.endpoint("other", "/a/1"), "/a/1");
    }
}
