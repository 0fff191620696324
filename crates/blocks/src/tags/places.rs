//! Reads indexes.

use std::collections::BTreeMap;

use skytrail_columns::hashes::HashIndex;
use skytrail_columns::{Error, Fetch, Result};
use skytrail_storage::SegmentFilter;

use super::granules::NUMBERS;
use super::{Granules, KeyHash};

/// Where what the tags of a filter ask for may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagPlaces {
    /// By block, for each tag with a value, in the order of the filter; none where that is not known.
    blocks: Option<BTreeMap<u32, Vec<Granules>>>,
}

impl TagPlaces {
    /// Everywhere.
    pub const ANYWHERE: Self = Self { blocks: None };

    /// Where in a block, for each tag of the filter that has a value; of none of them where everything may be there.
    /// None when nothing of the block can be what is searched for.
    pub fn of(&self, block: u32) -> Option<&[Granules]> {
        match &self.blocks {
            None => Some(&[]),
            Some(blocks) => blocks.get(&block).map(Vec::as_slice),
        }
    }

    /// The last block below a number that [`Self::of`] has something of.
    pub fn last_below(&self, number: u32) -> Option<u32> {
        match &self.blocks {
            None => number.checked_sub(1),
            Some(blocks) => blocks.range(..number).next_back().map(|(block, _)| *block),
        }
    }

    /// Keeps to the blocks where another tag may be as well.
    fn narrow(&mut self, found: BTreeMap<u32, Granules>) {
        match &mut self.blocks {
            None => {
                let blocks = found.into_iter().map(|(block, granules)| (block, vec![granules]));
                self.blocks = Some(blocks.collect());
            }
            Some(blocks) => blocks.retain(|block, all| {
                let granules = found.get(block);
                all.extend(granules);
                granules.is_some()
            }),
        }
    }

    fn is_nowhere(&self) -> bool {
        self.blocks.as_ref().is_some_and(BTreeMap::is_empty)
    }
}

/// The index of some blocks.
#[derive(Clone, Copy)]
pub(crate) struct TagIndex<'a> {
    pub(crate) index: &'a HashIndex,
    pub(crate) fetch: &'a dyn Fetch,
    pub(crate) blocks: u32,
}

impl TagIndex<'_> {
    /// Where what the tags of a filter ask for may be.
    pub(crate) fn places(&self, filter: &SegmentFilter) -> Result<TagPlaces> {
        let mut places = TagPlaces::ANYWHERE;
        for tag in &filter.tags {
            let Some(value) = &tag.value else { continue };
            let hash = KeyHash::new(tag.key.as_bytes()).with_text(value.as_bytes());
            places.narrow(self.find(hash)?);
            if places.is_nowhere() {
                break;
            }
        }
        Ok(places)
    }

    fn find(&self, hash: u64) -> Result<BTreeMap<u32, Granules>> {
        let mut found: BTreeMap<u32, Granules> = BTreeMap::new();
        for number in self.index.find(hash, self.fetch)? {
            let block = number / NUMBERS;
            if block >= self.blocks {
                let of = self.blocks;
                return Err(Error::corrupt(format!("index of tags: block {block} of {of}")));
            }
            found.entry(block).or_default().add(Granules::of(number % NUMBERS));
        }
        Ok(found)
    }
}
