//! All of one trace, window by window.

use std::sync::Arc;

use skytrail_blocks::trace_hash;
use skytrail_storage::rows::WINDOW_BYTES;
use skytrail_storage::{Completeness, Result, SpanAppend};

use crate::store::core::Core;
use crate::store::part::SpanPart;
use crate::store::reading::{Asked, Hand};
use crate::store::rows::{Encoded, SharedBlock, windows};
use crate::store::state::Snapshot;

/// Segments and spans in memory that are given at once, where nothing else has to be read: more
/// would keep other requests waiting.
const FEW: (usize, u64) = (64, 1_024);

/// Where a trace is, or may be.
struct Places {
    open: Vec<(SharedBlock, Vec<u32>)>,
    /// Spans there.
    open_spans: u64,
    encoded: Vec<Arc<Encoded>>,
    parts: Vec<Arc<SpanPart>>,
    /// Segments that started before are too old.
    before: i64,
    /// Whether a part that could not be read may have held some of it.
    is_doubtful: bool,
}

pub(super) async fn trace(
    core: &Arc<Core>,
    trace_id: &str,
    take: &mut (dyn FnMut(SpanAppend) -> bool + Send),
) -> Result<Completeness> {
    let places = find(&core.state.snapshot(), trace_id);
    if places.are_few() {
        places.open(&mut |window| take(window))?;
        return Ok(Completeness::unless(places.is_doubtful));
    }
    let (works, trace_id) = (core.clone(), trace_id.to_owned());
    let give = move |asked: &Asked, hand: &Hand<SpanAppend>| {
        Giving { core: &works, places: &places, trace_id: &trace_id, asked, hand }.give()
    };
    core.reads.hand_over("reading a trace", give, take).await
}

fn find(snapshot: &Snapshot, trace_id: &str) -> Places {
    let (hash, gone) = (trace_hash(trace_id.as_bytes()), &snapshot.version.gone);
    let parts = snapshot.version.parts.spans.iter();
    let mut places = Places {
        open: Vec::new(),
        open_spans: 0,
        encoded: Vec::new(),
        parts: parts.filter(|part| part.part.may_hold(hash)).cloned().collect(),
        before: gone.records_before,
        is_doubtful: gone.spans_lost_to.is_some_and(|lost_to| lost_to >= gone.records_before),
    };
    for generation in &snapshot.generations {
        generation.spans.rows.look(|layers| {
            let blocks = layers.rows().flat_map(|rows| &rows.blocks);
            for (_, shared) in blocks {
                let block = shared.read();
                let segments = block.of_trace(trace_id);
                places.open_spans += block.spans_at(&segments);
                if !segments.is_empty() {
                    places.open.push((shared.clone(), segments));
                }
            }
            for encoded in &layers.parts {
                match &**encoded {
                    Encoded::Part(part) if part.part.may_hold(hash) => {
                        places.parts.push(part.clone());
                    }
                    Encoded::Sealed { sealed, .. } if sealed.may_hold(hash) => {
                        places.encoded.push(encoded.clone());
                    }
                    Encoded::Part(_) | Encoded::Sealed { .. } => {}
                }
            }
        });
    }
    places
}

impl Places {
    /// Whether it takes so little to read them that nobody minds.
    fn are_few(&self) -> bool {
        let segments: usize = self.open.iter().map(|(_, segments)| segments.len()).sum();
        let is_in_memory = self.encoded.is_empty() && self.parts.is_empty();
        is_in_memory && segments <= FEW.0 && self.open_spans <= FEW.1
    }

    /// Gives what is in blocks that are being filled; whether more is wanted.
    fn open(&self, take: &mut dyn FnMut(SpanAppend) -> bool) -> Result<bool> {
        for (block, segments) in &self.open {
            if !windows(block, segments, &mut |window| self.give(window, take))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Gives what is not too old of a window; whether more is wanted.
    fn give(&self, mut window: SpanAppend, take: &mut dyn FnMut(SpanAppend) -> bool) -> bool {
        window.entries.retain(|entry| entry.start >= self.before);
        window.entries.is_empty() || take(window)
    }
}

struct Giving<'a> {
    core: &'a Core,
    places: &'a Places,
    trace_id: &'a str,
    asked: &'a Asked,
    hand: &'a Hand<SpanAppend>,
}

impl Giving<'_> {
    fn give(&self) -> Result<Completeness> {
        let Self { core, places, trace_id, asked, .. } = *self;
        let mut is_missing = places.is_doubtful;
        if !places.open(&mut |window| !asked.is_over() && self.hand.give(window))? {
            return self.ended(is_missing);
        }
        for encoded in &places.encoded {
            asked.check()?;
            if let Encoded::Sealed { sealed, .. } = &**encoded {
                let given = sealed.block().windows(trace_id, WINDOW_BYTES, &mut |w| self.take(w));
                let told = |error| crate::error::Error::format("a block in memory", &error);
                if !given.map_err(told)? {
                    return self.ended(is_missing);
                }
            }
        }
        let hash = trace_hash(trace_id.as_bytes());
        for part in &places.parts {
            asked.check()?;
            match core.suspects.judge(part, self.of_part(part, hash))? {
                Some(true) => {}
                Some(false) => return self.ended(is_missing),
                None => is_missing = true,
            }
        }
        Ok(Completeness::unless(is_missing))
    }

    /// No more is wanted, or the time is over: then it is no answer.
    fn ended(&self, is_missing: bool) -> Result<Completeness> {
        self.asked.check()?;
        Ok(Completeness::unless(is_missing))
    }

    /// Whether more is wanted.
    fn of_part(&self, part: &SpanPart, hash: u64) -> skytrail_columns::Result<bool> {
        for number in part.part.blocks_of(hash)? {
            let block = part.part.block(number)?;
            let mut take = |window| !self.asked.is_over() && self.take(window);
            if !block.windows(self.trace_id, WINDOW_BYTES, &mut take)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn take(&self, window: SpanAppend) -> bool {
        self.places.give(window, &mut |window| self.hand.give(window))
    }
}
