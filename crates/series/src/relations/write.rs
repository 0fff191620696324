//! Rows of single minutes as a part.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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

/// Writes rows, in any order, as a part. Rows that have an origin are read for those that see it,
/// others for all.
///
/// # Errors
/// `Io` when the sink fails.
pub fn write(
    rows: impl IntoIterator<Item = (Option<Origin>, RelationRow)>,
    sink: Sink<'_>,
) -> Result<PartInfo> {
    // By edge, hour and origin.
    let mut held: BTreeMap<(Edge, i64, Option<Origin>), u64> = BTreeMap::new();
    for (origin, row) in rows {
        let HourMinutes { hour, minutes } = HourMinutes::of(row.minute);
        *held.entry((Edge::from(&row), hour, origin)).or_default() |= minutes;
    }
    let mut part = PartWriter::begin(KIND, sink)?;
    let nodes: BTreeSet<_> = held.keys().flat_map(|(edge, ..)| ends(edge)).collect();
    let mut ids = IdsWriter::new();
    let mut codes: HashMap<EntityId, u32> = HashMap::with_capacity(nodes.len());
    for id in nodes {
        codes.insert(id, ids.push(&mut part, id)?);
    }
    let ids = ids.finish(&mut part)?;
    let origins = Origins::of(held.keys().map(|(.., origin)| *origin));
    let mut edges = EdgesWriter::new();
    let (mut last, mut number) = (None, 0);
    let mut coded: BTreeMap<(u16, i64, u32, i64), u64> = BTreeMap::new();
    for ((edge, hour, origin), minutes) in held {
        if last.replace(edge) != Some(edge) {
            let code = |id: EntityId| codes.get(&id).copied();
            let Some(edge) = CodedEdge::of(&edge, code) else { continue };
            number = edges.push(&mut part, edge)?;
        }
        coded.insert((edge.scope as u16, hour, number, origins.code(origin)), minutes);
    }
    let edges = edges.finish(&mut part)?;
    let mut builder = PartBuilder::new(part, origins);
    for ((scope, hour, code, origin), minutes) in coded {
        builder.push((scope, hour), Row { code, origin, minutes })?;
    }
    builder.finish(&ids, &edges)
}
