//! Names with a meaning of their own.

/// The names of all functions.
pub(super) const FUNCTIONS: [&str; 21] = [
    "avg",
    "count",
    "latest",
    "sum",
    "max",
    "min",
    "abs",
    "ceil",
    "floor",
    "round",
    "increase",
    "rate",
    "top_n",
    "top_n_of",
    "view_as_seq",
    "is_present",
    "relabels",
    "aggregate_labels",
    "sort_values",
    "sort_label_values",
    "baseline",
];

/// Whether a metric cannot have this name.
pub(super) fn is_reserved(name: &str) -> bool {
    FUNCTIONS.contains(&name)
        || matches!(name, "value" | "upper" | "lower")
        || attribute_index(name).is_some()
        || ["bool", "asc", "des"].iter().any(|word| name.eq_ignore_ascii_case(word))
}

/// 0 for `attr0` to 5 for `attr5`.
pub(super) fn attribute_index(name: &str) -> Option<u8> {
    let digit = name.strip_prefix("attr").filter(|digit| digit.len() == 1)?;
    digit.parse().ok().filter(|index| *index <= 5)
}
