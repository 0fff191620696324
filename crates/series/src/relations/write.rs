//! Rows of single minutes as a part.

use std::collections::{BTreeSet, HashMap};

use skytrail_columns::Result;
use skytrail_model::entity::EntityId;
use skytrail_model::relation::RelationRow;
use skytrail_storage::{Edge, HourMinutes, Origin};

use super::KIND;
use super::build::{PartBuilder, Row};
use super::edges::{CodedEdge, EdgesWriter, ends};
use crate::container::{PartWriter, Sink};
use crate::ids::IdsWriter;
use crate::origins::Origins;
use crate::part::PartInfo;

/// What the rows of a part are told apart by, in their order.
fn place((origin, row): &(Option<Origin>, RelationRow)) -> (Edge, i64, Option<Origin>) {
    (Edge::from(row), HourMinutes::of(row.minute).hour, *origin)
}

/// Writes rows, in any order, as a part. Rows that have an origin are read for those that see it,
/// others for all.
///
/// # Errors
/// `Io` when the sink fails.
pub fn write(mut rows: Vec<(Option<Origin>, RelationRow)>, sink: Sink<'_>) -> Result<PartInfo> {
    // Sorted where they are: there may be as many as memory has room for.
    rows.sort_unstable_by(|one, other| {
        let quick = |row: &RelationRow| (row.scope, row.relation);
        quick(&one.1).cmp(&quick(&other.1)).then_with(|| place(one).cmp(&place(other)))
    });
    let mut part = PartWriter::begin(KIND, sink)?;
    let nodes: BTreeSet<_> = rows.iter().flat_map(|(_, row)| ends(&Edge::from(row))).collect();
    let mut ids = IdsWriter::new();
    let mut codes: HashMap<EntityId, u32> = HashMap::with_capacity(nodes.len());
    for id in nodes {
        codes.insert(id, ids.push(&mut part, id)?);
    }
    let ids = ids.finish(&mut part)?;
    let origins = Origins::of(rows.iter().map(|(origin, _)| *origin));
    let mut edges = EdgesWriter::new();
    let (mut last, mut number) = (None, 0);
    let mut coded: Vec<((u16, i64, u32, i64), u64)> = Vec::new();
    for same in rows.chunk_by(|one, other| place(one) == place(other)) {
        let Some((edge, hour, origin)) = same.first().map(place) else { continue };
        if last.replace(edge) != Some(edge) {
            let code = |id: EntityId| codes.get(&id).copied();
            let Some(edge) = CodedEdge::of(&edge, code) else { continue };
            number = edges.push(&mut part, edge)?;
        }
        let minutes = same.iter().map(|(_, row)| HourMinutes::of(row.minute).minutes);
        let minutes = minutes.fold(0, |all, one| all | one);
        coded.push(((edge.scope as u16, hour, number, origins.code(origin)), minutes));
    }
    drop((rows, codes));
    coded.sort_unstable();
    let edges = edges.finish(&mut part)?;
    let mut builder = PartBuilder::new(part, origins);
    for ((scope, hour, code, origin), minutes) in coded {
        builder.push((scope, hour), Row { code, origin, minutes })?;
    }
    builder.finish(&ids, &edges)
}
