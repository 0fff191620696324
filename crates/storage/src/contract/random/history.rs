//! From small numbers to what a store takes.

use skytrail_model::alias::Alias;
use skytrail_model::entity::{Entity, EntityRecord};
use skytrail_model::layer::{Layer, LayerSet};
use skytrail_model::metric::MetricBlock;
use skytrail_model::record::{TopRecord, TopStream};
use skytrail_model::relation::RelationRow;
use skytrail_model::time::Minute;

use super::operation::{Append, Block};
use crate::contract::build::{SegmentSpec, append, entry, exit, local, segment};
use crate::contract::data::{block, call, child, service, service_id};
use crate::contract::records::record;
use crate::error::Result;
use crate::spi::{Origin, SpanAppend, Storage, TagKind, TagSighting};

/// Keys and values that segments carry, and what is searched for.
pub(super) const KEYS: [&str; 4] = ["http.method", "db.statement", "user", "nothing"];
pub(super) const VALUES: [&str; 3] = ["GET", "select Name", "3"];
pub(super) const KEYWORDS: [&str; 5] = ["SELECT", "/op-1", "name", "", "absent"];
pub(super) const DAY: i64 = 1440;

/// Rows as a store takes them.
#[derive(Debug, Clone)]
pub(super) enum Rows {
    Spans(Vec<SegmentSpec>, SpanAppend),
    Blocks(Vec<MetricBlock>),
    Calls(Vec<RelationRow>),
    Records(Vec<TopRecord>),
    Entities(Vec<EntityRecord>),
    Aliases(Vec<Alias>),
    Tags(Vec<TagSighting>),
}

/// The segment of a number. What it holds depends on nothing else but the era,
/// so that a number twice is the same segment twice.
fn numbered_segment(era: Minute, number: u8) -> SegmentSpec {
    let n = i64::from(number);
    let start = era.plus(n * 13 % (3 * DAY)).start_nanos() + n % 2;
    let value = |key: i64| VALUES[((n + key) % 3) as usize];
    let mut first = entry(format!("/op-{}", n % 4)).at(start).lasting(n % 9);
    if n % 5 == 0 {
        first = first.failed();
    }
    if n % 3 != 0 {
        first = first.tag(KEYS[(n % 3) as usize], value(n / 7));
    }
    let mut spans = vec![first];
    if n % 2 == 0 {
        spans.push(local("work").at(start).ids(&format!("id-{}", n % 16), "").tag("user", n % 4));
    }
    if n % 4 == 1 {
        spans.push(exit("db").at(start).tag("db.statement", value(n)));
    }
    let service = format!("service-{}", n % 3);
    segment(format!("trace-{}", n % 7), format!("segment-{}", n % 150))
        .of(&service, &format!("instance-{}", n % 4))
        .with(spans)
}

fn numbered_record(era: Minute, number: u8) -> TopRecord {
    let n = i64::from(number);
    let time = era.plus(n * 17 % (3 * DAY)).start_nanos();
    let stream = TopStream::ALL[(n % 2) as usize];
    let entity = format!("service-{}", n % 3);
    TopRecord { stream, ..record(&format!("r{}", n / 2), &entity, n % 5, time) }
}

/// Entity 0 to 11: services, instances and endpoints.
pub(super) fn numbered_entity(number: u8) -> Entity {
    let of = format!("service-{}", number / 3 % 3);
    match number % 3 {
        0 => Entity::Service(service(&format!("service-{}", number / 3))),
        1 => Entity::Instance(child(&of, &format!("Instance-{number}"))),
        _ => Entity::Endpoint(child(&of, &format!("/op-{number}"))),
    }
}

fn entity_record(era: Minute, (number, a, b): (u8, i64, i64)) -> EntityRecord {
    let layer = if (a + b) % 2 == 0 { Layer::GENERAL } else { Layer::MESH };
    let properties = match a % 3 {
        0 => Vec::new(),
        n => vec![("pid".to_owned(), format!("{n}-{b}"))],
    };
    EntityRecord {
        entity: numbered_entity(number),
        layers: LayerSet::of(layer),
        first_seen: era.plus(a.min(b)),
        last_seen: era.plus(a.max(b)),
        properties,
    }
}

fn alias(era: Minute, (number, a, b): (u8, i64, i64)) -> Alias {
    Alias {
        address: format!("host-{}:1", number % 3),
        service: service(&format!("service-{}", number % 2)),
        instance: format!("instance-{}", number / 4),
        since: era.plus(a.min(b)),
        last_seen: era.plus(a.max(b)),
    }
}

fn sighting(era: Minute, (key, value, day): (u8, u8, u8)) -> TagSighting {
    TagSighting {
        kind: TagKind::Trace,
        key: format!("key-{key}"),
        value: format!("value-{value}"),
        day: era.plus(i64::from(day) * DAY),
    }
}

pub(super) fn name_of(number: u8) -> String {
    format!("service-{number}")
}

fn metric_block(era: Minute, (minute, rows): &Block) -> MetricBlock {
    let mut rows: Vec<_> = rows.iter().map(|(name, values)| (name_of(*name), values)).collect();
    rows.sort();
    rows.dedup_by(|a, b| a.0 == b.0);
    let rows: Vec<(&str, &[i64])> =
        rows.iter().map(|(name, values)| (name.as_str(), values.as_slice())).collect();
    block(era.plus(*minute), &rows)
}

impl Append {
    /// The rows, with times in the era that starts at `era`.
    pub(super) fn rows(&self, era: Minute) -> Rows {
        match self {
            Self::Spans(numbers) => {
                let mut numbers = numbers.clone();
                numbers.dedup();
                let segments: Vec<_> =
                    numbers.iter().map(|number| numbered_segment(era, *number)).collect();
                Rows::Spans(segments.clone(), append(segments))
            }
            Self::Blocks(blocks) => {
                Rows::Blocks(blocks.iter().map(|block| metric_block(era, block)).collect())
            }
            Self::Calls(calls) => {
                let row = |(minute, source, dest): &(i64, u8, u8)| {
                    call(era.plus(*minute), &name_of(*source), &name_of(*dest))
                };
                Rows::Calls(calls.iter().map(row).collect())
            }
            Self::Records(numbers) => {
                Rows::Records(numbers.iter().map(|n| numbered_record(era, *n)).collect())
            }
            Self::Entities(all) => {
                Rows::Entities(all.iter().map(|one| entity_record(era, *one)).collect())
            }
            Self::Aliases(all) => Rows::Aliases(all.iter().map(|one| alias(era, *one)).collect()),
            Self::Tags(all) => Rows::Tags(all.iter().map(|one| sighting(era, *one)).collect()),
        }
    }
}

impl Rows {
    pub(super) async fn append_to(&self, store: &dyn Storage, origin: Origin) -> Result<()> {
        match self.clone() {
            Self::Spans(_, spans) => store.spans().append(origin, spans).await,
            Self::Blocks(blocks) => store.metrics().append(origin, blocks).await,
            Self::Calls(rows) => store.relations().append(origin, rows).await,
            Self::Records(records) => store.records().append(origin, records).await,
            Self::Entities(records) => store.entities().upsert(origin, records).await,
            Self::Aliases(aliases) => store.entities().upsert_aliases(origin, aliases).await,
            Self::Tags(sightings) => store.tags().upsert(origin, sightings).await,
        }
    }
}

/// The ids of services by number.
pub(super) fn ids(numbers: &[u8]) -> Vec<skytrail_model::entity::EntityId> {
    numbers.iter().map(|number| service_id(&name_of(*number))).collect()
}
