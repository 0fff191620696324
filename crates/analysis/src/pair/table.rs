//! The sides that wait.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};

use foldhash::fast::RandomState;
use parking_lot::Mutex;

use super::side::{PairKey, Side};
use crate::checkpoint::{Reader, put_number, put_signed};
use crate::config::PairingLimits;
use crate::error::Result;

/// What became of a side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// A callee, with its caller if there was one.
    Called { callee: Side, caller: Option<Side> },
    /// A caller, with its callee if there was one.
    Calling { caller: Side, callee: Option<Side> },
}

/// A caller stays after it was paired: a message may have many consumers.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Client {
    side: Side,
    is_paired: bool,
    sequence: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Server {
    side: Side,
    sequence: u64,
}

/// When an entry has waited long enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Turn {
    expires: i64,
    sequence: u64,
    is_client: bool,
    key: PairKey,
}

/// Sides that wait, in order of arrival.
#[derive(Debug)]
pub(crate) struct PairTable {
    limits: PairingLimits,
    clients: HashMap<PairKey, Client, RandomState>,
    servers: HashMap<PairKey, Vec<Server>, RandomState>,
    turns: VecDeque<Turn>,
    bytes: usize,
    sequence: u64,
    /// Sides that had to go before their time because there was no room.
    early: u64,
}

/// The state of all tables in a checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct PairingState {
    waiting: Vec<(Turn, Side, bool)>,
}

const CLIENT: u8 = 1;
const PAIRED: u8 = 2;

impl PairingState {
    /// What [`Pairing::save`] wrote: the sides of each table, ended by a zero.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Result<Self> {
        let mut waiting = Vec::new();
        for _ in 0..reader.count()? {
            while reader.byte()? != 0 {
                waiting.push(Self::read_one(reader)?);
            }
        }
        // As if there had been one table.
        waiting.sort_by_key(|(turn, _, _): &(Turn, Side, bool)| {
            (turn.expires, turn.sequence, turn.key)
        });
        Ok(Self { waiting })
    }

    fn read_one(reader: &mut Reader<'_>) -> Result<(Turn, Side, bool)> {
        let flags = reader.byte()?;
        let turn = Turn {
            expires: reader.signed()?,
            sequence: reader.number()?,
            is_client: flags & CLIENT != 0,
            key: PairKey::from_le_bytes(reader.array()?),
        };
        Ok((turn, Side::read(reader)?, flags & PAIRED != 0))
    }
}

fn put_one(into: &mut Vec<u8>, turn: &Turn, side: &Side, is_paired: bool) {
    let client = if turn.is_client { CLIENT } else { 0 };
    into.extend([1, client | if is_paired { PAIRED } else { 0 }]);
    put_signed(into, turn.expires);
    put_number(into, turn.sequence);
    into.extend_from_slice(&turn.key.to_le_bytes());
    side.put(into);
}

impl PairTable {
    pub(crate) fn new(limits: PairingLimits) -> Self {
        Self {
            limits,
            clients: HashMap::default(),
            servers: HashMap::default(),
            turns: VecDeque::new(),
            bytes: 0,
            sequence: 0,
            early: 0,
        }
    }

    /// A callee names the span that called it.
    pub(crate) fn offer_server(&mut self, key: PairKey, callee: Side, now: i64) -> Vec<Outcome> {
        let Some(client) = self.clients.get_mut(&key) else {
            let sequence = self.enqueue(key, false, callee.weight(), now);
            self.servers.entry(key).or_default().push(Server { side: callee, sequence });
            return self.make_room();
        };
        let caller = client.side.clone();
        let first = !std::mem::replace(&mut client.is_paired, true);
        let calling = first
            .then(|| Outcome::Calling { caller: caller.clone(), callee: Some(callee.clone()) });
        let called = Outcome::Called { callee, caller: Some(caller) };
        [called].into_iter().chain(calling).collect()
    }

    /// A caller, by its own span id.
    pub(crate) fn offer_client(&mut self, key: PairKey, caller: Side, now: i64) -> Vec<Outcome> {
        let waiting = self.servers.remove(&key).unwrap_or_default();
        let mut outcomes = Vec::with_capacity(waiting.len() + 1);
        if let Some(first) = waiting.first() {
            let callee = Some(first.side.clone());
            outcomes.push(Outcome::Calling { caller: caller.clone(), callee });
        }
        let is_paired = !waiting.is_empty();
        for server in waiting {
            self.bytes = self.bytes.saturating_sub(server.side.weight());
            let caller = Some(caller.clone());
            outcomes.push(Outcome::Called { callee: server.side, caller });
        }
        let sequence = self.enqueue(key, true, caller.weight(), now);
        // A second span of one id is nobody's caller any more than the first: the newer one stays.
        let client = Client { side: caller, is_paired, sequence };
        if let Some(older) = self.clients.insert(key, client) {
            outcomes.extend(self.give_up_client(older));
        }
        outcomes.extend(self.make_room());
        outcomes
    }

    fn enqueue(&mut self, key: PairKey, is_client: bool, weight: usize, now: i64) -> u64 {
        self.sequence += 1;
        self.bytes += weight;
        let expires = now.saturating_add(self.limits.wait);
        self.turns.push_back(Turn { expires, sequence: self.sequence, is_client, key });
        self.sequence
    }

    /// Gives up who has waited long enough.
    pub(crate) fn expire(&mut self, now: i64) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        while self.turns.front().is_some_and(|turn| turn.expires <= now) {
            outcomes.extend(self.give_up_first());
        }
        outcomes
    }

    /// Gives up everybody.
    fn take_all(&mut self) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        while !self.turns.is_empty() {
            outcomes.extend(self.give_up_first());
        }
        outcomes
    }

    /// Gives up the oldest until the others fit.
    fn make_room(&mut self) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        while self.turns.len() > self.limits.entries || self.bytes > self.limits.bytes {
            let before = outcomes.len();
            outcomes.extend(self.give_up_first());
            self.early += (outcomes.len() - before) as u64;
            if self.turns.is_empty() {
                break;
            }
        }
        outcomes
    }

    fn give_up_first(&mut self) -> Option<Outcome> {
        let turn = self.turns.pop_front()?;
        if turn.is_client {
            let is_same = self.clients.get(&turn.key).is_some_and(|c| c.sequence == turn.sequence);
            let client = is_same.then(|| self.clients.remove(&turn.key)).flatten()?;
            return self.give_up_client(client);
        }
        let waiting = self.servers.get_mut(&turn.key)?;
        let place = waiting.iter().position(|server| server.sequence == turn.sequence)?;
        let server = waiting.remove(place);
        if waiting.is_empty() {
            self.servers.remove(&turn.key);
        }
        self.bytes = self.bytes.saturating_sub(server.side.weight());
        Some(Outcome::Called { callee: server.side, caller: None })
    }

    fn give_up_client(&mut self, client: Client) -> Option<Outcome> {
        self.bytes = self.bytes.saturating_sub(client.side.weight());
        (!client.is_paired).then_some(Outcome::Calling { caller: client.side, callee: None })
    }

    fn save(&self, into: &mut Vec<u8>) {
        for turn in &self.turns {
            if let Some((side, is_paired)) = self.of_turn(turn) {
                put_one(into, turn, side, is_paired);
            }
        }
        into.push(0);
    }

    fn of_turn(&self, turn: &Turn) -> Option<(&Side, bool)> {
        if turn.is_client {
            let client = self.clients.get(&turn.key)?;
            return (client.sequence == turn.sequence).then_some((&client.side, client.is_paired));
        }
        let waiting = self.servers.get(&turn.key)?;
        let server = waiting.iter().find(|server| server.sequence == turn.sequence)?;
        Some((&server.side, false))
    }

    fn restore(&mut self, (turn, side, is_paired): (Turn, Side, bool)) {
        self.sequence = self.sequence.max(turn.sequence);
        self.bytes += side.weight();
        let sequence = turn.sequence;
        if turn.is_client {
            self.clients.insert(turn.key, Client { side, is_paired, sequence });
        } else {
            self.servers.entry(turn.key).or_default().push(Server { side, sequence });
        }
        self.turns.push_back(turn);
    }
}

/// The tables of all shards. The two sides of a call may come to different
/// shards, so a key decides which table they meet in.
#[derive(Debug)]
pub(crate) struct Pairing {
    tables: Vec<Mutex<PairTable>>,
    /// The latest arrival of a batch.
    now: AtomicI64,
}

impl Pairing {
    /// One table per shard, which share the bounds.
    pub(crate) fn new(shards: usize, limits: PairingLimits) -> Self {
        let shards = shards.max(1);
        let share = PairingLimits {
            entries: limits.entries.div_ceil(shards),
            bytes: limits.bytes.div_ceil(shards),
            wait: limits.wait,
        };
        let tables = (0..shards).map(|_| Mutex::new(PairTable::new(share))).collect();
        Self { tables, now: AtomicI64::new(i64::MIN) }
    }

    /// Does something with the table in which a key meets its other side.
    pub(super) fn with<T>(
        &self,
        key: PairKey,
        work: impl FnOnce(&mut PairTable) -> T,
    ) -> Option<T> {
        let place = (key % self.tables.len().max(1) as u128) as usize;
        self.tables.get(place).map(|table| work(&mut table.lock()))
    }

    /// A batch arrived.
    pub(crate) fn go_on(&self, arrival: i64) {
        self.now.fetch_max(arrival, Ordering::Relaxed);
    }

    /// Gives up who has waited long enough in the table of a shard, by the time
    /// of the latest batch.
    pub(crate) fn expire(&self, shard: u16) -> Vec<Outcome> {
        let now = self.now.load(Ordering::Relaxed);
        let table = self.tables.get(shard as usize);
        table.map(|table| table.lock().expire(now)).unwrap_or_default()
    }

    /// Gives up everybody in the table of a shard.
    pub(crate) fn take_all(&self, shard: u16) -> Vec<Outcome> {
        let table = self.tables.get(shard as usize);
        table.map(|table| table.lock().take_all()).unwrap_or_default()
    }

    /// Sides that went early since the last call.
    pub(crate) fn take_early(&self, shard: u16) -> u64 {
        let table = self.tables.get(shard as usize);
        table.map(|table| std::mem::take(&mut table.lock().early)).unwrap_or(0)
    }

    /// Sides that wait now.
    pub(crate) fn waiting(&self) -> usize {
        self.tables.iter().map(|table| table.lock().turns.len()).sum()
    }

    /// The state of all tables, as bytes of a checkpoint.
    pub(crate) fn save(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        put_number(&mut bytes, self.tables.len() as u64);
        for table in &self.tables {
            table.lock().save(&mut bytes);
        }
        bytes
    }

    pub(crate) fn restore(&self, state: PairingState) {
        for entry in state.waiting {
            self.with(entry.0.key, |table| table.restore(entry));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome, PairTable, Pairing, PairingState, Reader, Side};
    use crate::config::PairingLimits;

    const SECOND: i64 = 1_000_000_000;

    fn side(service: &str) -> Side {
        Side {
            service: service.to_owned(),
            instance: "i".to_owned(),
            endpoint: String::new(),
            peer: "shop:80".to_owned(),
            minute: 1,
            latency: 1000,
            is_success: true,
            http_status: 200,
            request_type: 1,
            component: 2,
            layer: 3,
        }
    }

    fn limits(entries: usize) -> PairingLimits {
        PairingLimits { entries, bytes: 1 << 20, wait: 30 * SECOND }
    }

    #[test]
    fn sides_meet_in_either_order_and_a_message_has_many_consumers() {
        let mut table = PairTable::new(limits(10));
        assert!(table.offer_server(7, side("early"), 0).is_empty());
        let outcomes = table.offer_client(7, side("web"), 1);
        assert_eq!(
            outcomes,
            [
                Outcome::Calling { caller: side("web"), callee: Some(side("early")) },
                Outcome::Called { callee: side("early"), caller: Some(side("web")) },
            ]
        );
        let outcomes = table.offer_server(7, side("late"), 2);
        assert_eq!(outcomes, [Outcome::Called { callee: side("late"), caller: Some(side("web")) }]);
        assert!(table.expire(100 * SECOND).is_empty());
        assert_eq!((table.bytes, table.turns.len()), (0, 0));
    }

    #[test]
    fn whoever_waited_in_vain_is_given_up_in_order() {
        let mut table = PairTable::new(limits(10));
        table.offer_server(1, side("a"), 0);
        table.offer_client(2, side("b"), SECOND);
        assert!(table.expire(29 * SECOND).is_empty());
        assert_eq!(
            table.expire(31 * SECOND),
            [
                Outcome::Called { callee: side("a"), caller: None },
                Outcome::Calling { caller: side("b"), callee: None },
            ]
        );
    }

    #[test]
    fn no_room_means_that_the_oldest_goes_early_and_is_counted() {
        let mut table = PairTable::new(limits(2));
        table.offer_client(1, side("a"), 0);
        table.offer_client(2, side("b"), 0);
        let outcomes = table.offer_client(3, side("c"), 0);
        assert_eq!(outcomes, [Outcome::Calling { caller: side("a"), callee: None }]);
        assert_eq!(table.early, 1);
    }

    #[test]
    fn who_waits_survives_a_restart() {
        let pairing = Pairing::new(2, limits(10));
        pairing.with(5, |table| table.offer_client(5, side("web"), 0));
        pairing.with(8, |table| table.offer_server(8, side("shop"), 0));
        let state = pairing.save();
        let restored = Pairing::new(2, limits(10));
        restored.restore(PairingState::read(&mut Reader::new(&state)).unwrap());
        assert_eq!(restored.save(), state);
        assert!(
            (0..state.len())
                .all(|cut| { PairingState::read(&mut Reader::new(&state[..cut])).is_err() })
        );
        let outcomes = restored.with(5, |table| table.offer_server(5, side("late"), 1)).unwrap();
        assert_eq!(outcomes.len(), 2);
    }
}
