//! Records of entities and traces that are hidden are nowhere.

use proptest::prelude::*;
use skytrail_model::record::TopRecord;

use super::{bytes_of, given, id, merge, opened, questions, record, top, written};

proptest! {
    #[test]
    fn what_is_hidden_is_read_and_merged_by_nobody(
        records in prop::collection::vec(record(), 0..120),
        others in prop::collection::vec(record(), 0..20),
        entity in 0_u64..5,
        trace in "[0-9a-c]{0,1}",
    ) {
        let (mut part, other) = (written(&records), written(&others));
        let trace = format!("trace {trace}");
        let is_of = |one: &TopRecord| one.entity == id(entity) || one.trace_id == trace;
        let (gone, left): (Vec<_>, Vec<_>) = records.into_iter().partition(is_of);
        prop_assert_eq!(part.hide(&[id(entity)], &[trace]).unwrap(), !gone.is_empty());
        part.check().unwrap();
        let merged = |parts: &[&super::Part]| {
            let bytes = bytes_of(|sink| {
                merge(parts, sink).unwrap();
            });
            let part = opened(bytes).unwrap();
            part.check().unwrap();
            part
        };
        let (alone, both) = (merged(&[&part]), merged(&[&part, &other]));
        let together = [left.clone(), others].concat();
        for (part, records) in [(&part, &left), (&alone, &left), (&both, &together)] {
            for read in questions(i64::MIN / 2, i64::MAX, 5) {
                prop_assert_eq!(top(given(part, &read).iter(), &read), top(records.iter(), &read));
            }
        }
    }
}
