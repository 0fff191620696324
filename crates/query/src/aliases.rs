//! Which service a network address was in a minute.
//!
//! Calls are stored under the address they were made to. Whoever reads them
//! asks here what the address meant then, so that an alias holds at once and
//! for the past as well.

use std::collections::{BinaryHeap, HashMap};
use std::sync::Arc;

use parking_lot::RwLock;
use skytrail_model::alias::Alias;
use skytrail_model::entity::{ChildRef, Entity, EntityId, ServiceRef};
use skytrail_model::time::Minute;
use skytrail_storage::HourMinutes;

use crate::hash::Map;

/// The table as it was last read.
#[derive(Debug, Default)]
pub(crate) struct AliasCache {
    read: RwLock<Option<(u64, Arc<AliasTable>)>>,
}

/// Every address that is known to be a service.
#[derive(Debug, Default)]
pub(crate) struct AliasTable {
    addresses: Vec<Address>,
    by_service_id: Map<EntityId, usize>,
    by_target: HashMap<ServiceRef, Vec<usize>>,
}

/// One address and what it turned out to be, in order of time.
#[derive(Debug)]
pub(crate) struct Address {
    name: String,
    meanings: Vec<Alias>,
    /// The minutes from which on it means something else than before, with the
    /// place of the meaning; the first run has no beginning.
    runs: Vec<(Minute, usize)>,
}

impl AliasCache {
    /// The table of a version, when it is that one.
    pub(crate) fn get(&self, version: u64) -> Option<Arc<AliasTable>> {
        self.read.read().as_ref().filter(|read| read.0 == version).map(|read| read.1.clone())
    }

    /// Keeps the table of a version.
    pub(crate) fn put(&self, version: u64, aliases: Vec<Alias>) -> Arc<AliasTable> {
        let table = Arc::new(AliasTable::new(aliases));
        *self.read.write() = Some((version, table.clone()));
        table
    }
}

impl AliasTable {
    /// From aliases ordered by address, then by their first minute.
    pub(crate) fn new(aliases: Vec<Alias>) -> Self {
        let mut table = Self::default();
        for alias in aliases {
            match table.addresses.last_mut().filter(|last| last.name == alias.address) {
                Some(address) => address.meanings.push(alias),
                None => {
                    let name = alias.address.clone();
                    table.addresses.push(Address { name, meanings: vec![alias], runs: Vec::new() });
                }
            }
        }
        for address in &mut table.addresses {
            address.runs = runs(&address.meanings);
        }
        table.index();
        table
    }

    fn index(&mut self) {
        for (place, address) in self.addresses.iter().enumerate() {
            for service in address.services() {
                self.by_service_id.insert(service.id(), place);
            }
            for alias in &address.meanings {
                let places = self.by_target.entry(alias.service.clone()).or_default();
                if places.last() != Some(&place) {
                    places.push(place);
                }
            }
        }
    }

    /// Whether there is no alias.
    pub(crate) fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    /// The address that a service is only another name of.
    pub(crate) fn address(&self, service: EntityId) -> Option<&Address> {
        self.addresses.get(*self.by_service_id.get(&service)?)
    }

    /// Every address that ever was this service.
    pub(crate) fn addresses_of<'a>(
        &'a self,
        service: &ServiceRef,
    ) -> impl Iterator<Item = &'a Address> {
        let places = self.by_target.get(service).map(Vec::as_slice).unwrap_or_default();
        places.iter().filter_map(|place| self.addresses.get(*place))
    }
}

impl Address {
    /// The services that calls to it are recorded under: which one depends on
    /// what the caller knew.
    pub(crate) fn services(&self) -> [ServiceRef; 2] {
        [true, false].map(|normal| ServiceRef { name: self.name.clone(), normal })
    }

    /// The same of instances: what is called is all that is known of one.
    pub(crate) fn instances(&self) -> [ChildRef; 2] {
        self.services().map(|service| ChildRef { service, name: self.name.clone() })
    }

    /// What it was in a minute: what it was seen as last before, and before the
    /// first sighting what it was seen as first. Where several overlap, the one
    /// that began last.
    pub(crate) fn meaning(&self, minute: Minute) -> Option<&Alias> {
        let behind = self.runs.partition_point(|(start, _)| *start <= minute);
        let (_, place) = self.runs.get(behind.checked_sub(1)?)?;
        self.meanings.get(*place)
    }

    /// All that it was in the minutes of an edge, whose hours ascend. Looks once
    /// at every run of minutes with one meaning.
    pub(crate) fn meanings_in(&self, hours: &[HourMinutes]) -> Vec<&Alias> {
        let ends = self.runs.iter().skip(1).map(|(start, _)| start.plus(-1));
        let runs = self.runs.iter().zip(ends.chain([Minute(i64::MAX)]));
        let mut places: Vec<usize> = runs
            .filter(|((start, _), end)| is_seen_within(hours, *start, *end))
            .map(|((_, place), _)| *place)
            .collect();
        places.sort_unstable();
        places.dedup();
        places.into_iter().filter_map(|place| self.meanings.get(place)).collect()
    }

    /// Whether it was the same service all the time.
    fn is_one_service(&self) -> bool {
        self.meanings.windows(2).all(|pair| match pair {
            [left, right] => left.service == right.service,
            _ => true,
        })
    }

    /// Whether it was the same instance all the time.
    fn is_one_instance(&self) -> bool {
        self.is_one_service()
            && self.meanings.windows(2).all(|pair| match pair {
                [left, right] => left.instance == right.instance,
                _ => true,
            })
    }
}

/// Whether hours hold a minute of `from..=to`.
fn is_seen_within(hours: &[HourMinutes], from: Minute, to: Minute) -> bool {
    let (first, last) = (from.0.div_euclid(60), to.0.div_euclid(60));
    let begin = hours.partition_point(|held| held.hour < first);
    let held = hours.iter().skip(begin).take_while(|held| held.hour <= last);
    held.map(|held| held.within(from, to)).any(|held| held.minutes != 0)
}

/// Runs of minutes with one meaning, for meanings in order of `since`.
fn runs(meanings: &[Alias]) -> Vec<(Minute, usize)> {
    let starts = meanings.iter().map(|alias| alias.since);
    let ends = meanings.iter().map(|alias| alias.last_seen.plus(1));
    let mut borders: Vec<Minute> = starts.chain(ends).collect();
    borders.sort_unstable();
    borders.dedup();
    let mut begun = meanings.iter().enumerate().peekable();
    // Those that go on by what began last, and of all the one that was seen last.
    let mut going = BinaryHeap::new();
    let mut latest: Option<(Minute, Minute, usize)> = None;
    let mut runs = vec![(Minute(i64::MIN), 0)];
    for border in borders {
        while let Some((place, alias)) = begun.next_if(|(_, alias)| alias.since <= border) {
            going.push((alias.since, place, alias.last_seen));
            latest = latest.max(Some((alias.last_seen, alias.since, place)));
        }
        while going.peek().is_some_and(|(_, _, last_seen)| *last_seen < border) {
            going.pop();
        }
        let going_on = going.peek().map(|(_, place, _)| *place);
        let Some(place) = going_on.or(latest.map(|(_, _, place)| place)) else { continue };
        if runs.last().is_some_and(|(_, last)| *last != place) {
            runs.push((border, place));
        }
    }
    runs
}

/// An entity whose rows belong to the one that was asked for.
pub(crate) struct Source<'a> {
    /// Under which the rows are stored.
    pub(crate) id: EntityId,
    /// Set when its rows belong there in some minutes only.
    pub(crate) only_while: Option<Meaning<'a>>,
}

/// What an address must have been.
#[derive(Clone, Copy)]
pub(crate) struct Meaning<'a> {
    address: &'a Address,
    service: &'a ServiceRef,
    instance: Option<&'a str>,
}

impl Meaning<'_> {
    /// Whether it was that in a minute.
    pub(crate) fn holds(&self, minute: Minute) -> bool {
        self.address.meaning(minute).is_some_and(|alias| {
            alias.service == *self.service
                && self.instance.is_none_or(|instance| alias.instance == instance)
        })
    }
}

impl AliasTable {
    /// Everything whose rows belong to an entity: itself, and for relations
    /// also those to the addresses that the callee was known under.
    pub(crate) fn sources<'a>(&'a self, entity: &'a Entity) -> Vec<Source<'a>> {
        let mut sources = vec![Source { id: entity.id(), only_while: None }];
        match entity {
            Entity::ServiceRelation { source, dest } => {
                for address in self.addresses_of(dest) {
                    let ids = address.services().map(|service| {
                        Entity::ServiceRelation { source: source.clone(), dest: service }.id()
                    });
                    let meaning = Meaning { address, service: dest, instance: None };
                    push_sources(&mut sources, ids, meaning, address.is_one_service());
                }
            }
            Entity::InstanceRelation { source, dest } => {
                for address in self.addresses_of(&dest.service) {
                    let ids = address.instances().map(|callee| {
                        Entity::InstanceRelation { source: source.clone(), dest: callee }.id()
                    });
                    let meaning =
                        Meaning { address, service: &dest.service, instance: Some(&dest.name) };
                    if !meaning.ever_holds() {
                        continue;
                    }
                    push_sources(&mut sources, ids, meaning, address.is_one_instance());
                }
            }
            _ => {}
        }
        sources
    }
}

impl Meaning<'_> {
    fn ever_holds(&self) -> bool {
        self.address.meanings.iter().any(|alias| {
            alias.service == *self.service
                && self.instance.is_none_or(|instance| alias.instance == instance)
        })
    }
}

fn push_sources<'a>(
    sources: &mut Vec<Source<'a>>,
    ids: [EntityId; 2],
    meaning: Meaning<'a>,
    steady: bool,
) {
    let only_while = (!steady).then_some(meaning);
    sources.extend(ids.map(|id| Source { id, only_while }));
}

#[cfg(test)]
mod tests {
    use skytrail_model::alias::Alias;
    use skytrail_model::entity::{ChildRef, Entity, ServiceRef};
    use skytrail_model::time::Minute;
    use skytrail_storage::HourMinutes;

    use super::AliasTable;

    fn service(name: &str) -> ServiceRef {
        ServiceRef { name: name.to_owned(), normal: true }
    }

    fn alias(address: &str, target: &str, instance: &str, since: i64, last_seen: i64) -> Alias {
        Alias {
            address: address.to_owned(),
            service: service(target),
            instance: instance.to_owned(),
            since: Minute(since),
            last_seen: Minute(last_seen),
        }
    }

    fn meaning_at(table: &AliasTable, address: &str, minute: i64) -> String {
        let address = table.address(service(address).id()).unwrap();
        address.meaning(Minute(minute)).unwrap().service.name.clone()
    }

    #[test]
    fn an_address_is_what_it_was_seen_as_last_and_at_first_what_it_was_seen_as_first() {
        let table =
            AliasTable::new(vec![alias("h:1", "a", "i", 10, 20), alias("h:1", "b", "j", 30, 40)]);
        let table_of = [(1, "a"), (10, "a"), (25, "a"), (30, "b"), (99, "b")];
        for (minute, expected) in table_of {
            assert_eq!(meaning_at(&table, "h:1", minute), expected, "{minute}");
        }
        assert!(table.address(service("a").id()).is_none());
    }

    #[test]
    fn an_address_that_comes_back_to_its_first_service_is_that_again() {
        let table =
            AliasTable::new(vec![alias("h:1", "a", "i", 10, 90), alias("h:1", "b", "j", 30, 40)]);
        for (minute, expected) in [(20, "a"), (30, "b"), (40, "b"), (60, "a"), (99, "a")] {
            assert_eq!(meaning_at(&table, "h:1", minute), expected, "{minute}");
        }
    }

    /// The rule as it is written, for one minute.
    fn plainly(aliases: &[Alias], minute: Minute) -> usize {
        let begun = || aliases.iter().enumerate().filter(|(_, alias)| alias.since <= minute);
        let going = begun().filter(|(_, alias)| alias.last_seen >= minute);
        let found = going
            .max_by_key(|(_, alias)| alias.since)
            .or_else(|| begun().max_by_key(|(_, alias)| (alias.last_seen, alias.since)));
        found.map_or(0, |(place, _)| place)
    }

    #[test]
    fn runs_mean_what_each_of_their_minutes_means() {
        // All ways in which three sightings of up to 3 minutes can overlap within 7.
        for number in 0..15_i64.pow(3) {
            let sighting = |digit: i64| (1 + digit % 15 / 3, 1 + digit % 15 / 3 + digit % 3);
            let [a, b, c] = [number, number / 15, number / 225].map(sighting);
            let mut aliases = vec![
                alias("h:1", "a", "i", a.0, a.1),
                alias("h:1", "b", "j", b.0, b.1),
                alias("h:1", "c", "k", c.0, c.1),
            ];
            aliases.sort_by_key(|alias| alias.since);
            let table = AliasTable::new(aliases.clone());
            let address = table.address(service("h:1").id()).unwrap();
            for minute in (0..10).map(Minute) {
                let wanted = &aliases[plainly(&aliases, minute)];
                assert_eq!(address.meaning(minute), Some(wanted), "{minute:?} of {aliases:?}");
                let hour = HourMinutes::of(minute);
                assert_eq!(address.meanings_in(&[hour]), [wanted], "{minute:?} of {aliases:?}");
            }
            let all = HourMinutes { hour: 0, minutes: 0b11_1111_1111 };
            let mut wanted: Vec<_> = (0..10).map(|m| plainly(&aliases, Minute(m))).collect();
            wanted.sort_unstable();
            wanted.dedup();
            let wanted: Vec<_> = wanted.into_iter().map(|place| &aliases[place]).collect();
            assert_eq!(address.meanings_in(&[all]), wanted, "{aliases:?}");
        }
    }

    #[test]
    fn relations_take_in_those_to_the_addresses_of_the_callee() {
        let table = AliasTable::new(vec![
            alias("h:1", "b", "j", 10, 20),
            alias("h:2", "b", "k", 10, 20),
            alias("h:2", "c", "l", 15, 20),
        ]);
        let relation = Entity::ServiceRelation { source: service("a"), dest: service("b") };
        let sources = table.sources(&relation);
        assert_eq!(sources.len(), 5, "itself and two kinds of either address");
        let raw = Entity::ServiceRelation { source: service("a"), dest: service("h:2") }.id();
        let moved = sources.iter().find(|source| source.id == raw).unwrap();
        let meaning = moved.only_while.as_ref().unwrap();
        assert!(meaning.holds(Minute(12)) && !meaning.holds(Minute(16)));
        assert_eq!(sources.iter().filter(|source| source.only_while.is_some()).count(), 2);
    }

    #[test]
    fn instance_relations_take_in_only_the_addresses_of_that_instance() {
        let table =
            AliasTable::new(vec![alias("h:1", "b", "j", 10, 20), alias("h:2", "b", "k", 10, 20)]);
        let child = |name: &str, instance: &str| ChildRef {
            service: service(name),
            name: instance.to_owned(),
        };
        let relation = Entity::InstanceRelation { source: child("a", "x"), dest: child("b", "k") };
        let raw = Entity::InstanceRelation { source: child("a", "x"), dest: child("h:2", "h:2") };
        let sources = table.sources(&relation);
        assert_eq!(sources.len(), 3);
        assert!(sources.iter().any(|source| source.id == raw.id()));
    }
}
