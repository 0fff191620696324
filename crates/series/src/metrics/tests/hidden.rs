//! Rows of entities that are hidden are nowhere.

use proptest::prelude::*;
use skytrail_model::time::{Downsampling, Minute, Zone};
use skytrail_storage::EntitySelection;

use super::{
    ALL, Target, bytes_of, id, merge, model, old_catalogue, opened, read, rows, seen_with, unite,
    written,
};

proptest! {
    #[test]
    fn what_is_hidden_is_read_and_merged_by_nobody(
        rows in rows(&old_catalogue(), true),
        others in rows(&old_catalogue(), false),
        hidden in prop::collection::btree_set(0_u64..25, 0..9),
    ) {
        let catalogue = old_catalogue();
        let size = Downsampling::Minute;
        let (mut part, other) = (written(&catalogue, size, &rows), written(&catalogue, size, &others));
        let mut ids: Vec<_> = hidden.iter().map(|number| id(*number)).collect();
        ids.sort_unstable();
        let held = |rows| model(&catalogue, rows, &|_| true, &Some);
        let mut left = held(&rows);
        let knows = left.keys().any(|(.., entity)| ids.contains(entity));
        left.retain(|(.., entity), _| !ids.contains(entity));
        prop_assert_eq!(part.hide(&ids).unwrap(), knows);
        part.check().unwrap();
        let zone = Zone::utc();
        let target = Target { downsampling: size, zone: &zone, from: Minute(i64::MIN) };
        let merged = |parts: &[&super::Part]| {
            let bytes = bytes_of(|sink| {
                merge(parts, &target, sink).unwrap();
            });
            let part = opened(bytes, &catalogue).unwrap();
            part.check().unwrap();
            part
        };
        let (mut alone, both) = (merged(&[&part]), merged(&[&part, &other]));
        let together = unite(left.clone(), held(&others));
        let some = EntitySelection::these((0..25).map(id).collect());
        for (part, model) in [(&part, &left), (&alone, &left), (&both, &together)] {
            for entities in [&EntitySelection::All, &some] {
                let found = read(part, &catalogue, entities, &ALL, &|_| true);
                prop_assert_eq!(found, seen_with(&catalogue, model, &ALL));
            }
        }
        // Not even their names are there.
        prop_assert!(!alone.hide(&ids).unwrap());
    }
}
