//! Search, newest or longest blocks first, until no other can add anything.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use skytrail_blocks::{Block, Granules, Sealed, Summary, TagPlaces};
use skytrail_storage::rows::{Page, offer_matches};
use skytrail_storage::{Order, Result, SegmentCursor, SegmentFilter, SegmentPage};

use crate::store::core::Core;
use crate::store::part::SpanPart;
use crate::store::reading;
use crate::store::rows::{Encoded, SharedBlock, windows};
use crate::store::state::Snapshot;

/// Segments of a block in memory that are looked at before it is asked whether there are better ones.
const OPEN_AT_ONCE: usize = 64;

pub(super) async fn find(
    core: &Arc<Core>,
    filter: &SegmentFilter,
    after: Option<&SegmentCursor>,
    limit: usize,
) -> Result<SegmentPage> {
    let snapshot = core.state.snapshot();
    let gone = &snapshot.version.gone;
    let from = filter.from.max(gone.records_before);
    // Some of what is asked for may have been there and be too old now.
    let reaches_back = gone.spans_gone_to.is_some_and(|to| to >= filter.from);
    let (gone_to, filter) = (gone.spans_lost_to, SegmentFilter { from, ..filter.clone() });
    let (after, works) = (after.cloned(), core.clone());
    let found = core.reads.run("a search", move |asked| {
        let mut page = Page::new(&filter, after.as_ref(), limit);
        let asking = Asking { filter: &filter, after: after.as_ref(), limit, asked };
        let searched = search(&works, &snapshot, &asking, &mut page)?;
        let mut answer = page.finish(searched.examined, gone_to.max(searched.lost_to));
        answer.complete &= !searched.is_cut_off;
        // A page that ends before is whole.
        let goes_back = answer.next.is_none() || filter.order == Order::Duration;
        answer.complete &= !(reaches_back && goes_back);
        Ok(answer)
    });
    found.await
}

/// What may add to the page: a block, or a part or the blocks of one up to a number, the rest of
/// which are looked at when they have their turn, so that a page of the newest does not cost more
/// the more is stored.
enum Place {
    Sealed(Sealed),
    Part(Arc<SpanPart>),
    Blocks(Rc<Asked>, u32),
    Block(Rc<Asked>, u32),
}

/// A part that had its turn.
struct Asked {
    part: Arc<SpanPart>,
    tags: TagPlaces,
    summaries: Arc<Vec<Arc<Summary>>>,
}

/// A search, as long as somebody waits for it.
struct Asking<'a> {
    filter: &'a SegmentFilter,
    after: Option<&'a SegmentCursor>,
    limit: usize,
    asked: &'a reading::Asked,
}

/// What a search came to.
#[derive(Default)]
struct Searched {
    /// Segments that it looked at.
    examined: u64,
    /// The latest start in parts that are damaged.
    lost_to: Option<i64>,
    /// Whether it took too long.
    is_cut_off: bool,
}

fn search(
    core: &Core,
    snapshot: &Snapshot,
    asking: &Asking<'_>,
    page: &mut Page<'_>,
) -> Result<Searched> {
    let Asking { filter, after, .. } = *asking;
    let (mut searched, mut open) = (Searched::default(), Vec::new());
    let mut places = Places { filter, after, added: 0, waiting: BTreeMap::new() };
    for generation in &snapshot.generations {
        generation.spans.rows.look(|layers| {
            let blocks = layers.rows().flat_map(|rows| &rows.blocks);
            open.extend(blocks.map(|(_, block)| block.clone()));
            layers.parts.iter().for_each(|encoded| places.add_encoded(encoded));
        });
    }
    snapshot.version.parts.spans.iter().for_each(|part| places.add_part(part));
    for block in open {
        let found = in_open(&block, asking, page)?;
        searched.examined += found.examined;
        searched.is_cut_off |= found.is_cut_off;
    }
    while let Some((most, place)) = places.next() {
        if page.bar().is_some_and(|bar| most < bar) {
            break;
        }
        if asking.asked.is_over() {
            searched.is_cut_off = true;
            break;
        }
        let found = match &place {
            Place::Part(part) => {
                if core.suspects.judge(part, places.turn(part))?.is_none() {
                    searched.lost_to = searched.lost_to.max(Some(part.entry.last));
                }
                continue;
            }
            Place::Blocks(asked, below) => {
                places.add_newest(asked, *below);
                continue;
            }
            Place::Sealed(sealed) => {
                let told = |error| crate::error::Error::format("a block in memory", &error);
                in_sealed(sealed, asking, page).map(Some).map_err(told)?
            }
            Place::Block(asked, number) => {
                let found = in_part(core, asked, *number, asking, page)?;
                if found.is_none() {
                    searched.lost_to = searched.lost_to.max(Some(asked.part.entry.last));
                }
                found
            }
        };
        searched.examined += found.unwrap_or(0);
    }
    Ok(searched)
}

/// The best of a block that is being filled, until the page has better ones or it takes too long.
fn in_open(
    block: &SharedBlock,
    asking: &Asking<'_>,
    page: &mut Page<'_>,
) -> crate::error::Result<Searched> {
    let mut found = block.read().candidates(asking.filter);
    let key = |(start, duration, _): &(i64, i64, u32)| match asking.filter.order {
        Order::Start => *start,
        Order::Duration => *duration,
    };
    found.retain(|one| page.wants_key(key(one)));
    found.sort_unstable_by_key(|one| Reverse(key(one)));
    let mut searched = Searched::default();
    for some in found.chunks(OPEN_AT_ONCE) {
        if some.first().is_none_or(|one| !page.wants_key(key(one))) {
            break;
        }
        if asking.asked.is_over() {
            searched.is_cut_off = true;
            break;
        }
        let places: Vec<_> = some.iter().map(|(_, _, place)| *place).collect();
        windows(block, &places, &mut |spans| {
            searched.examined += offer_matches(&spans.batch, &spans.entries, page);
            true
        })?;
    }
    Ok(searched)
}

fn in_sealed(
    sealed: &Sealed,
    asking: &Asking<'_>,
    page: &mut Page<'_>,
) -> skytrail_columns::Result<u64> {
    let tags = sealed.tag_places(asking.filter)?;
    let Some(within) = tags.of(0) else { return Ok(0) };
    in_block(&sealed.block(), within, asking, page)
}

/// None when the part is damaged.
fn in_part(
    core: &Core,
    Asked { part, tags, .. }: &Asked,
    number: u32,
    asking: &Asking<'_>,
    page: &mut Page<'_>,
) -> Result<Option<u64>> {
    let Some(within) = tags.of(number) else { return Ok(Some(0)) };
    let found = part.part.block(number).and_then(|block| in_block(&block, within, asking, page));
    Ok(core.suspects.judge(part, found)?)
}

/// Says how many segments it looked at.
fn in_block(
    block: &Block,
    within: &[Granules],
    asking: &Asking<'_>,
    page: &mut Page<'_>,
) -> skytrail_columns::Result<u64> {
    // One more tells that there are more.
    let most = asking.limit.saturating_add(1);
    let found = block.search(asking.filter, within, asking.after, most, page.bar())?;
    found.found.into_iter().for_each(|summary| page.offer(summary));
    Ok(found.examined)
}

/// Where what is searched for may be, the greatest key that each may add first.
struct Places<'a> {
    filter: &'a SegmentFilter,
    after: Option<&'a SegmentCursor>,
    added: u32,
    /// By that key, and by the order in which they were added.
    waiting: BTreeMap<(Reverse<i64>, u32), Place>,
}

impl Places<'_> {
    fn add(&mut self, most: i64, place: Place) {
        self.waiting.insert((Reverse(most), self.added), place);
        self.added += 1;
    }

    fn next(&mut self) -> Option<(i64, Place)> {
        let ((Reverse(most), _), place) = self.waiting.pop_first()?;
        Some((most, place))
    }

    fn add_encoded(&mut self, encoded: &Encoded) {
        match encoded {
            Encoded::Part(part) => self.add_part(part),
            Encoded::Sealed { sealed, .. } => {
                if let Some(most) = self.most(sealed.summary()) {
                    self.add(most, Place::Sealed(sealed.clone()));
                }
            }
        }
    }

    fn add_part(&mut self, part: &Arc<SpanPart>) {
        if part.entry.last < self.filter.from || part.entry.first > self.filter.to {
            return;
        }
        let most = match self.filter.order {
            Order::Start => part.entry.last,
            // Only its blocks tell.
            Order::Duration => i64::MAX,
        };
        self.add(most, Place::Part(part.clone()));
    }

    /// Adds what a part may have, where its index of tags does not say that there is nothing.
    fn turn(&mut self, part: &Arc<SpanPart>) -> skytrail_columns::Result<()> {
        let tags = part.part.tag_places(self.filter)?;
        let all = part.part.len();
        if tags.last_below(all).is_none() {
            return Ok(());
        }
        let summaries = part.part.summaries()?;
        let asked = Rc::new(Asked { part: part.clone(), tags, summaries });
        match self.filter.order {
            Order::Start => self.add_newest(&asked, all),
            // Any of them may have the longest.
            Order::Duration => {
                let mut next = all;
                while let Some((number, most)) = self.last_of(&asked, next) {
                    self.add(most, Place::Block(asked.clone(), number));
                    next = number;
                }
            }
        }
        Ok(())
    }

    /// Adds the last of the blocks below a number that can add anything, and what comes before it.
    fn add_newest(&mut self, asked: &Rc<Asked>, below: u32) {
        let Some((number, most)) = self.last_of(asked, below) else { return };
        self.add(most, Place::Block(asked.clone(), number));
        if let Some(most) = asked.part.part.latest_below(number) {
            self.add(most, Place::Blocks(asked.clone(), number));
        }
    }

    /// The last block below a number that can add anything, and the greatest key that it may add.
    fn last_of(&self, asked: &Asked, below: u32) -> Option<(u32, i64)> {
        let mut next = below;
        loop {
            next = asked.tags.last_below(next)?;
            let most = asked.summaries.get(next as usize).and_then(|summary| self.most(summary));
            if let Some(most) = most {
                return Some((next, most));
            }
        }
    }

    /// The greatest key that a block may add; none if it can add nothing.
    fn most(&self, summary: &Summary) -> Option<i64> {
        let filter = self.filter;
        let in_time = summary.latest >= filter.from && summary.earliest <= filter.to;
        let longest = match filter.service {
            None => summary.longest,
            Some(service) => summary.services.iter().find(|rows| rows.service == service)?.longest,
        };
        let is_long = filter.min_duration.is_none_or(|least| longest >= least);
        let (least, most) = match filter.order {
            Order::Start => (summary.earliest, summary.latest),
            Order::Duration => (i64::MIN, longest),
        };
        let is_before = self.after.is_some_and(|after| least > after.key);
        (in_time && is_long && !is_before).then_some(most)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parking_lot::RwLock;
    use skytrail_blocks::{Limits, PartWriter};
    use skytrail_storage::SegmentFilter;
    use skytrail_storage::contract::build::{append, entry, segment};
    use skytrail_storage::rows::Page;

    use super::{Asking, in_open, reading};

    #[test]
    fn a_search_that_takes_too_long_in_memory_is_cut_off_and_says_so() {
        let spans = append((0..200).map(|n| {
            segment(format!("trace-{n}"), format!("segment-{n}")).with([entry("op").at(n)])
        }));
        let mut block = PartWriter::new(Limits::default()).open();
        block.add(&spans.batch, &spans.entries);
        let block = Arc::new(RwLock::new(block));
        let filter = SegmentFilter { from: 0, to: i64::MAX, ..SegmentFilter::default() };
        let found = |asked: &reading::Asked| {
            let mut page = Page::new(&filter, None, 300);
            let asking = Asking { filter: &filter, after: None, limit: 300, asked };
            let searched = in_open(&block, &asking, &mut page).unwrap();
            (searched.examined, searched.is_cut_off)
        };
        assert_eq!(found(&reading::Asked::begun()), (200, false));
        assert_eq!(found(&reading::Asked::ended()), (0, true));
    }
}
