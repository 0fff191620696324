//! What appends saw of edges as a part.

use std::collections::{BTreeSet, HashMap};

use skytrail_columns::{Error, Result};
use skytrail_model::entity::EntityId;
use skytrail_model::scope::Scope;
use skytrail_storage::{Edge, HourMinutes, Origin};

use super::KIND;
use super::build::{PartBuilder, Row};
use super::edges::{CodedEdge, EdgesWriter, ends};
use crate::container::{PartWriter, Sink};
use crate::ids::IdsWriter;
use crate::origins::Origins;
use crate::part::PartInfo;

/// The minutes of an hour in which an append saw an edge. It is read for those that see the append, or for all where
/// none is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The edge.
    pub edge: Edge,
    /// When.
    pub minutes: HourMinutes,
    /// The append.
    pub origin: Option<Origin>,
}

impl Seen {
    /// What it is told apart from others by, in their order.
    fn place(&self) -> (Scope, i64, Edge, Option<Origin>) {
        (self.edge.scope, self.minutes.hour, self.edge, self.origin)
    }
}

/// Codes of what edges lead from and to.
type Codes = HashMap<EntityId, u32>;

/// Writes what was seen as a part. `rows` is asked several times, so that no more than the distinct edges, in codes, is
/// in memory besides. It MUST give the same each time, ascending by scope, hour, edge and append, each of these once.
///
/// # Errors
/// `Limit` when rows are out of order, `Io` when the sink fails.
pub fn write<R: Iterator<Item = Seen>>(rows: impl Fn() -> R, sink: Sink<'_>) -> Result<PartInfo> {
    let mut part = PartWriter::begin(KIND, sink)?;
    let (codes, ids) = nodes(&mut part, rows())?;
    let edges = edges(rows(), &codes)?;
    let mut writer = EdgesWriter::new();
    for edge in &edges {
        writer.push(&mut part, *edge)?;
    }
    let root = writer.finish(&mut part)?;
    let origins = || Origins::of(rows().map(|seen| seen.origin));
    let origin_codes = origins();
    let mut builder = PartBuilder::new(part, origins());
    for seen in rows() {
        let changed = |_| Error::limit("relations: other edges when they are asked for again");
        let code = edges.binary_search(&coded(&seen.edge, &codes)?).map_err(changed)? as u32;
        let origin = origin_codes.code(seen.origin);
        let row = Row { code, origin, minutes: seen.minutes.minutes };
        builder.push((seen.edge.scope as u16, seen.minutes.hour), row)?;
    }
    builder.finish(&ids, &root)
}

/// Writes what edges lead from and to; gives the codes, and what the root holds of them.
fn nodes(part: &mut PartWriter<'_>, rows: impl Iterator<Item = Seen>) -> Result<(Codes, Vec<u8>)> {
    let nodes: BTreeSet<_> = rows.flat_map(|seen| ends(&seen.edge)).collect();
    let (mut ids, mut codes) = (IdsWriter::new(), Codes::with_capacity(nodes.len()));
    for id in nodes {
        codes.insert(id, ids.push(part, id)?);
    }
    Ok((codes, ids.finish(part)?))
}

fn coded(edge: &Edge, codes: &Codes) -> Result<CodedEdge> {
    let coded = CodedEdge::of(edge, |id| codes.get(&id).copied());
    coded.ok_or_else(|| Error::limit("relations: other ids when they are asked for again"))
}

/// The distinct edges, ascending.
fn edges(rows: impl Iterator<Item = Seen>, codes: &Codes) -> Result<Vec<CodedEdge>> {
    let (mut edges, mut last): (Vec<CodedEdge>, Option<Seen>) = (Vec::new(), None);
    for seen in rows {
        if last.is_some_and(|last| last.place() >= seen.place()) {
            return Err(Error::limit("relations: rows out of order"));
        }
        if last.is_none_or(|last| last.edge != seen.edge) {
            edges.push(coded(&seen.edge, codes)?);
        }
        last = Some(seen);
    }
    // Each of them once for each hour.
    edges.sort_unstable();
    edges.dedup();
    Ok(edges)
}
