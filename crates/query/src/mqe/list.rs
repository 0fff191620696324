//! Lists of ranked entities or records.

use skytrail_lang::mqe::Order;

use super::shape::ExpressionResultType as Kind;
use super::value::{Entry, Failure, Marks, Outcome, Series, Values};

/// A list of entries and their values.
pub(super) fn list(kind: Kind, entries: Vec<(Entry, Option<f64>)>) -> Values {
    let (entries, values): (Vec<_>, Vec<_>) = entries.into_iter().unzip();
    let marks = Marks::Entries(entries.into());
    Values::of(kind, vec![Series { labels: Vec::new(), marks, values }])
}

/// The first entries of several lists of one kind. Of equal values, that of the
/// earlier list comes first.
pub(super) fn merge(lists: Vec<Values>, limit: u32, order: Order) -> Outcome {
    let Some(kind) = lists.first().map(|list| list.kind) else {
        return Err(Failure::new("TopN lists are empty."));
    };
    let mut entries = Vec::new();
    for values in lists {
        if values.kind != kind {
            return Err(Failure::new(format!(
                "TopN type is not consistent, one is {}, another is {}",
                kind.name(),
                values.kind.name()
            )));
        }
        for series in values.series {
            let Marks::Entries(marks) = series.marks else { continue };
            entries.extend(marks.iter().cloned().zip(series.values));
        }
    }
    let mut valued: Vec<(Entry, f64)> =
        entries.into_iter().filter_map(|(entry, value)| Some((entry, value?))).collect();
    valued.sort_by(|a, b| match order {
        Order::Ascending => a.1.total_cmp(&b.1),
        Order::Descending => b.1.total_cmp(&a.1),
    });
    valued.truncate(limit as usize);
    Ok(list(kind, valued.into_iter().map(|(entry, value)| (entry, Some(value))).collect()))
}
