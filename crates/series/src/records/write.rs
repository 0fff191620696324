//! Records as a part.

use std::collections::{BTreeSet, HashMap};

use skytrail_columns::Result;
use skytrail_model::record::TopRecord;

use super::KIND;
use super::build::PartBuilder;
use super::frame::{Coded, key};
use crate::container::{PartWriter, Sink};
use crate::ids::IdsWriter;
use crate::part::PartInfo;

/// Writes records, in any order, as a part. Records that are equal in everything become one.
///
/// # Errors
/// `Limit` for a record of more than 16 MiB of text, `Io` when the sink fails.
pub fn write(records: Vec<TopRecord>, sink: Sink<'_>) -> Result<PartInfo> {
    let mut records = records;
    records.sort_by(|left, right| key(left).cmp(&key(right)));
    let mut part = PartWriter::begin(KIND, sink)?;
    let entities: BTreeSet<_> = records.iter().map(|record| record.entity).collect();
    let (mut ids, mut codes) = (IdsWriter::new(), HashMap::with_capacity(entities.len()));
    for id in entities {
        codes.insert(id, ids.push(&mut part, id)?);
    }
    let ids = ids.finish(&mut part)?;
    let mut builder = PartBuilder::new(part);
    for record in records {
        let entity = codes.get(&record.entity).copied().unwrap_or(0);
        builder.push(Coded { entity, record })?;
    }
    builder.finish(&ids)
}
