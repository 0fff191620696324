//! What takes how much of a part.

use std::collections::BTreeMap;

use skytrail_columns::group::Group;
use skytrail_model::entity::EntityId;

use crate::dictionary::{Dictionary, Owner};
use crate::layout::{head, span};

/// What bytes are about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// Something that the format has a name for.
    Column(&'static str),
    /// Values of an attribute of spans, by its key.
    Tag(String),
}

/// Bytes by what they are about. Columns of a frame are compressed together: each has the share of
/// it that it had before.
pub type Sizes = BTreeMap<About, u64>;

/// A service of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceSize {
    /// Its id.
    pub service: EntityId,
    /// Its name as it was sent, if the part has it.
    pub name: String,
    /// Its segments.
    pub segments: u64,
    /// Bytes of blocks, by the share that its segments are of each.
    pub bytes: u64,
}

/// What a column of the head is about.
pub(crate) fn of_head(id: u32) -> &'static str {
    match id {
        head::SOURCE | head::ENDPOINT | head::ENDPOINT_SPAN => "services and endpoints",
        head::START | head::DURATION => "times",
        head::SEGMENT_ID..head::TRACE_ID => "segment ids",
        head::TRACE_ID..head::FRAME_ROWS | head::TRACE => "trace ids",
        head::FRAME_ROWS.. => "places of frames",
        _ => "segments",
    }
}

/// What a column of a frame of spans is about.
pub(crate) fn of_span(id: u32, dictionary: &Dictionary) -> About {
    About::Column(match id {
        span::SHAPE => "shapes",
        span::NUMBER | span::PARENT => "numbers and parents",
        span::START | span::DURATION => "times",
        span::ID..span::LINK_FLAGS => "span ids",
        span::LINKS | span::LINK_FLAGS..span::EVENT_TIME => "links",
        span::EVENTS | span::EVENT_TIME..span::KEYS => "events",
        span::KEYS.. => {
            let key = dictionary.key((id - span::KEYS) / span::KEY_COLUMNS).ok();
            let key = key.filter(|key| key.owner == Owner::Span);
            let name = key.and_then(|key| dictionary.name(key.name).ok());
            match name {
                Some(name) => return About::Tag(String::from_utf8_lossy(name).into_owned()),
                None => "attributes of links and events",
            }
        }
        _ => "status",
    })
}

/// Adds a frame of so many bytes.
pub(crate) fn add(sizes: &mut Sizes, bytes: u64, group: &Group, about: impl Fn(u32) -> About) {
    let (stream, stored) = group.stream_sizes();
    let mut left = bytes;
    for (id, plain, own) in group.sizes() {
        // Lengths are below 2^32: no product of two is too large.
        let share = (own as u64 * stored as u64).checked_div(stream as u64).unwrap_or(0);
        let taken = (plain as u64 + share).min(left);
        left -= taken;
        *sizes.entry(about(id)).or_default() += taken;
    }
    *sizes.entry(About::Column("checksums and directories of frames")).or_default() += left;
}
