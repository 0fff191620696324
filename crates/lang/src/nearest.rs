//! The nearest valid name to one that is not known.

/// Names longer than this many characters get no suggestion, so that the cost of one stays small.
const MAX_CHARS: usize = 64;

/// The candidate that `wanted` is probably a misspelling of, or `None` when none is near.
///
/// Near is at most one edit (insertion, deletion, substitution, or a swap of neighbours) for every
/// three characters, at least one, case ignored. The first of several equally near wins.
///
/// ```
/// use skytrail_lang::nearest::nearest;
/// assert_eq!(nearest("latancy", ["status", "latency"]), Some("latency"));
/// assert_eq!(nearest("colour", ["status", "latency"]), None);
/// ```
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = folded(wanted)?;
    let near = (wanted.len() / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let chars = folded(candidate)?;
            // The difference in length alone is a lower bound.
            (chars.len().abs_diff(wanted.len()) <= near)
                .then(|| (distance(&wanted, &chars), candidate))
        })
        .filter(|(edits, _)| *edits <= near)
        .min_by_key(|(edits, _)| *edits)
        .map(|(_, candidate)| candidate)
}

fn folded(name: &str) -> Option<Vec<char>> {
    let chars: Vec<char> = name.chars().take(MAX_CHARS + 1).flat_map(char::to_lowercase).collect();
    (!chars.is_empty() && chars.len() <= MAX_CHARS).then_some(chars)
}

/// Optimal string alignment distance; three rows of the matrix at a time.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let mut edits = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            let swapped = i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y;
            if swapped {
                edits = edits.min(before[j - 1] + 1);
            }
            row.push(edits);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn suggests_by_edits() {
        for (wanted, expected) in [
            ("Servcie", Some("Service")),
            ("service", Some("Service")),
            ("EndpointRelaton", Some("EndpointRelation")),
            ("Endpoin", Some("Endpoint")),
            ("Host", None),
            ("", None),
        ] {
            let known = ["Service", "Endpoint", "EndpointRelation"];
            assert_eq!(nearest(wanted, known), expected, "{wanted}");
        }
    }

    #[test]
    fn a_very_long_name_gets_no_suggestion() {
        assert_eq!(nearest(&"x".repeat(10_000), ["xx"]), None);
    }
}
