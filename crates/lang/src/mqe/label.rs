//! Metric names with label selectors.

use crate::Span;

/// A metric: `service_cpm`, `service_percentile{p='50,99'}`.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Its name.
    pub name: Box<str>,
    /// What selects its label values; all when empty.
    pub labels: Vec<Label>,
    /// Name and selector.
    pub span: Span,
}

/// `p='50,99'`: a label name and a list of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Name of the label; `_` is the only label of metrics from before SkyWalking 10.
    pub name: Box<str>,
    /// The values as written, without quotes.
    pub value: Box<str>,
}

impl Label {
    /// The values: any of them matches. None when the text is blank. As in SkyWalking, a text is split
    /// only when its first comma is not its first character, and empty values at the end are dropped.
    ///
    /// ```
    /// use skytrail_lang::mqe::{Node, parse};
    /// let parsed = parse("service_percentile{p='50,99'}").unwrap();
    /// let Node::Metric(metric) = parsed.expr.node else { panic!() };
    /// assert_eq!(metric.labels[0].values().collect::<Vec<_>>(), ["50", "99"]);
    /// ```
    pub fn values(&self) -> impl Iterator<Item = &str> {
        let value: &str = &self.value;
        let blank = value.trim().is_empty();
        let (list, parts) = match value.starts_with(',') {
            true => (value, 1),
            false => (value.trim_end_matches(','), usize::MAX),
        };
        list.splitn(parts, ',').filter(move |_| !blank)
    }
}

#[cfg(test)]
mod tests {
    use super::Label;

    #[test]
    fn values_follow_the_comma_rules() {
        for (value, expected) in [
            ("50,75", &["50", "75"][..]),
            ("50", &["50"]),
            ("50,,75,,", &["50", "", "75"]),
            (",50", &[",50"]),
            (" a , b ", &[" a ", " b "]),
            ("  ", &[]),
            ("", &[]),
        ] {
            let label = Label { name: "p".into(), value: value.into() };
            assert_eq!(label.values().collect::<Vec<_>>(), expected, "{value:?}");
        }
    }
}
