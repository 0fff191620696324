//! The plan: what every source event does to which row.

use std::sync::Arc;

use skytrail_model::metric::Catalogue;
use skytrail_model::record::TopStream;

use super::column::{CellPlace, Group, Operation, Tallied};
use super::family::Family;
use super::fingerprint::fingerprint;
use super::key::KeySet;
use super::schema::{FAMILY_COUNT, SOURCE_COUNT, Source};

/// Metrics and the way to fill their columns. Immutable once compiled.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) catalogue: Arc<Catalogue>,
    /// Tests by family.
    pub(crate) families: [Family; FAMILY_COUNT],
    /// In the order of the catalogue's tables.
    pub(crate) tables: Vec<TablePlan>,
    /// Table by source; none where no rule speaks of it.
    table_of: [Option<u16>; SOURCE_COUNT],
    /// Tag keys that rules and the analysis read.
    pub(crate) keys: KeySet,
    /// Lists of slow things that are switched off.
    disabled: Vec<TopStream>,
    /// Hash of what the rules mean.
    pub(crate) hash: u64,
}

/// How rows of one table are made.
#[derive(Debug, Clone)]
pub(crate) struct TablePlan {
    /// Columns by the conditions that they share.
    groups: Vec<Group>,
    /// Bits of the answers that any column asks for.
    bits: Vec<u8>,
    /// Per combination of those bits all columns that take such events; empty
    /// where there are too many combinations.
    by_answers: Vec<Group>,
    /// Whole numbers of a row in which nothing was seen.
    pub(crate) identity: Vec<i64>,
    /// Histograms per row.
    pub(crate) histograms: usize,
    /// Label tables per row.
    pub(crate) labels: usize,
    /// Where each column of the table stands in a row.
    pub(crate) places: Vec<CellPlace>,
    /// What is tallied.
    pub(crate) tallied: Tallied,
    /// Whether any column looks at every event.
    pub(crate) has_direct: bool,
}

/// More bits than this have too many combinations to lay them out.
const MAX_BITS: usize = 6;

impl TablePlan {
    /// A table without columns.
    pub(super) fn new(tallied: Tallied) -> Self {
        Self {
            groups: Vec::new(),
            bits: Vec::new(),
            by_answers: Vec::new(),
            identity: Vec::new(),
            histograms: 0,
            labels: 0,
            places: Vec::new(),
            tallied,
            has_direct: false,
        }
    }

    /// Adds what a column does with events whose answers have all bits of `mask`.
    pub(super) fn add(&mut self, mask: u64, operation: Operation) {
        let known = self.groups.iter().position(|group| group.mask == mask);
        let place = known.unwrap_or_else(|| {
            self.groups.push(Group::new(mask));
            self.groups.len() - 1
        });
        if let Some(group) = self.groups.get_mut(place) {
            group.add(operation, self.tallied);
            self.has_direct |= !group.direct.is_empty();
        }
    }

    /// Lays out the columns by combination of answers, once all are added.
    pub(super) fn finish(&mut self) {
        let asked = self.groups.iter().fold(0, |asked, group| asked | group.mask);
        self.bits = (0..64).filter(|bit| asked & (1 << bit) != 0).collect();
        if self.bits.len() > MAX_BITS {
            return;
        }
        self.by_answers = (0..1_u64 << self.bits.len())
            .map(|combination| {
                let places = self.bits.iter().enumerate();
                let answers = places
                    .fold(0, |answers, (place, bit)| answers | (combination >> place & 1) << bit);
                let mut all = Group::new(0);
                let matching =
                    self.groups.iter().filter(|group| answers & group.mask == group.mask);
                matching.for_each(|group| all.join(group));
                all
            })
            .collect();
    }

    /// The groups that take an event with these answers.
    pub(crate) fn taking(&self, answers: u64) -> impl Iterator<Item = &Group> {
        self.groups(answers).iter().filter(move |group| answers & group.mask == group.mask)
    }

    /// Groups among which are those that take an event with these answers.
    fn groups(&self, answers: u64) -> &[Group] {
        let mut combination = 0;
        for (place, bit) in self.bits.iter().enumerate() {
            combination |= ((answers >> bit & 1) as usize) << place;
        }
        self.by_answers.get(combination..=combination).unwrap_or(&self.groups)
    }
}

impl Plan {
    pub(super) fn new(
        catalogue: Catalogue,
        families: [Family; FAMILY_COUNT],
        mut tables: Vec<TablePlan>,
        table_of: [Option<u16>; SOURCE_COUNT],
        keys: KeySet,
        disabled: Vec<TopStream>,
    ) -> Self {
        tables.iter_mut().for_each(TablePlan::finish);
        let hash = fingerprint(&catalogue);
        Self { catalogue: Arc::new(catalogue), families, tables, table_of, keys, disabled, hash }
    }

    /// The table of a source; none where no rule speaks of it.
    pub(crate) fn table_of(&self, source: Source) -> Option<usize> {
        self.table_of.get(source as usize).copied().flatten().map(usize::from)
    }

    pub(crate) fn family(&self, source: Source) -> &Family {
        // A source's family number is below the number of families by construction.
        self.families.get(source.family()).unwrap_or(&self.families[0])
    }

    /// Whether a list of slow things is kept.
    pub(crate) fn keeps(&self, stream: TopStream) -> bool {
        !self.disabled.contains(&stream)
    }
}
