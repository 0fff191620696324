//! Endpoint patterns by service.

use std::collections::HashMap;

use serde::Deserialize;

/// Stands for one segment of a path.
const VARIABLE: &str = "{var}";

/// Patterns of one file.
const MAX_PATTERNS: usize = 10_000;

/// Segments of a pattern or name that are looked at.
const MAX_SEGMENTS: usize = 64;

/// Patterns by service.
///
/// A pattern is a path whose segments are literal or `{var}`, which stands for
/// any one segment. Of several that fit a name the one with the longer literal
/// beginning wins; names of one segment are never grouped.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grouping {
    services: HashMap<String, Node>,
}

#[derive(Debug, Clone, Default)]
struct Node {
    literals: HashMap<String, Node>,
    variable: Option<Box<Node>>,
    pattern: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    grouping: Vec<Service>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Service {
    service_name: String,
    #[serde(default)]
    rules: Vec<String>,
}

impl Grouping {
    /// Reads a YAML file of patterns, in the form of SkyWalking's
    /// `endpoint-name-grouping.yml`; the error says what is wrong.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let file: Option<File> = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        let mut grouping = Self::default();
        let mut count = 0;
        for service in file.unwrap_or_default().grouping {
            if service.service_name.is_empty() {
                return Err("grouping: an entry has no service-name".to_owned());
            }
            let root = grouping.services.entry(service.service_name).or_default();
            for pattern in service.rules.into_iter().filter(|pattern| !pattern.is_empty()) {
                count += 1;
                if count > MAX_PATTERNS {
                    return Err(format!("more than {MAX_PATTERNS} rules"));
                }
                root.add(pattern)?;
            }
        }
        Ok(grouping)
    }

    /// The pattern that a name of a service fits.
    pub(crate) fn pattern_of(&self, service: &str, name: &str) -> Option<&str> {
        let root = self.services.get(service)?;
        let segments: Vec<&str> = segments(name).take(MAX_SEGMENTS + 1).collect();
        if segments.len() > MAX_SEGMENTS {
            return None;
        }
        root.find(&segments)
    }
}

/// A slash at the begin or end makes no segment.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).strip_suffix('/').unwrap_or(path).split('/')
}

impl Node {
    fn add(&mut self, pattern: String) -> Result<(), String> {
        if segments(&pattern).count() > MAX_SEGMENTS {
            return Err(format!("rule '{pattern}' has more than {MAX_SEGMENTS} segments"));
        }
        let mut node = self;
        for segment in segments(&pattern) {
            node = match segment {
                VARIABLE => node.variable.get_or_insert_default(),
                literal => node.literals.entry(literal.to_owned()).or_default(),
            };
        }
        node.pattern = Some(pattern);
        Ok(())
    }

    /// Walks all branches that fit, literal ones first. Every step down uses up
    /// a segment and the tree holds at most [`MAX_PATTERNS`] patterns, which
    /// bounds the work.
    fn find(&self, segments: &[&str]) -> Option<&str> {
        let Some((first, rest)) = segments.split_first() else {
            return self.pattern.as_deref();
        };
        let literal = self.literals.get(*first).and_then(|node| node.find(rest));
        literal.or_else(|| self.variable.as_deref().and_then(|node| node.find(rest)))
    }
}

#[cfg(test)]
mod tests {
    use super::Grouping;

    const RULES: &str = "
grouping:
  - service-name: shop
    rules:
      - /prod/{var}
      - /prod/{var}/info
      - GET:/users/{var}/orders/{var}
      - /prod/list/all
";

    #[test]
    fn variables_stand_for_one_segment_and_literals_win() {
        let grouping = Grouping::parse(RULES).unwrap();
        for (name, pattern) in [
            ("/prod/123", Some("/prod/{var}")),
            ("/prod/123/info", Some("/prod/{var}/info")),
            ("/prod/list/info", Some("/prod/{var}/info")),
            ("/prod/list/all", Some("/prod/list/all")),
            ("/prod", None),
            ("/prod/1/2", None),
            ("GET:/users/7/orders/9", Some("GET:/users/{var}/orders/{var}")),
        ] {
            assert_eq!(grouping.pattern_of("shop", name), pattern, "{name}");
        }
        assert_eq!(grouping.pattern_of("other", "/prod/1"), None);
    }

    #[test]
    fn faults_of_the_file_are_told() {
        assert!(Grouping::parse("").is_ok());
        assert!(Grouping::parse("grouping:\n  - service-name: ''\n").is_err());
        assert!(Grouping::parse("groping: []").unwrap_err().contains("groping"));
    }
}
