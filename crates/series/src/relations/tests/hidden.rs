//! Edges of services that are hidden are nowhere.

use proptest::prelude::*;
use skytrail_storage::{Edge, EntitySelection};

use super::{Model, SCOPES, bytes_of, id, merge, model, opened, question, read, rows, written};

proptest! {
    #[test]
    fn what_is_hidden_is_read_and_merged_by_nobody(
        rows in rows(true),
        others in rows(false),
        service in 0_u64..4,
    ) {
        let (mut part, other) = (written(&rows), written(&others));
        let is_of = |edge: &Edge| super::super::edges::ends(edge).contains(&id(service));
        let all = model(&rows, &|_| true);
        let (gone, left): (Model, Model) = all.into_iter().partition(|((edge, _), _)| is_of(edge));
        prop_assert_eq!(part.hide(&[id(service)]).unwrap(), !gone.is_empty());
        part.check().unwrap();
        let asked: Vec<_> = left.keys().chain(gone.keys()).map(|(edge, _)| *edge).collect();
        let answer: Vec<_> = (0..asked.len()).map(|place| place < left.len()).collect();
        prop_assert_eq!(part.hold(&asked).unwrap(), answer);
        let merged = |parts: &[&super::Part]| {
            let bytes = bytes_of(|sink| {
                merge(parts, sink).unwrap();
            });
            let part = opened(bytes).unwrap();
            part.check().unwrap();
            part
        };
        let (alone, both) = (merged(&[&part]), merged(&[&part, &other]));
        // Not even their names are there.
        prop_assert!(!merged(&[&alone]).hide(&[id(service)]).unwrap());
        let mut together = left.clone();
        for (key, minutes) in model(&others, &|_| true) {
            *together.entry(key).or_default() |= minutes;
        }
        for (part, model) in [(&part, &left), (&alone, &left), (&both, &together)] {
            for scope in SCOPES {
                let question = question(scope, EntitySelection::All, i64::MIN, i64::MAX);
                let expected = super::expected(model, &question);
                prop_assert_eq!(read(part, &question, &|_| true), expected);
            }
        }
    }
}
