//! Tag keys that mean something to the analysis, and the tags of one span by
//! such a key.

use skytrail_model::span::Value;

/// The number of a key that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(pub(crate) u8);

impl Key {
    pub(crate) const HTTP_STATUS_CODE: Self = Self(0);
    pub(crate) const STATUS_CODE: Self = Self(1);
    pub(crate) const RPC_STATUS_CODE: Self = Self(2);
    pub(crate) const DB_TYPE: Self = Self(3);
    pub(crate) const DB_STATEMENT: Self = Self(4);
    pub(crate) const CACHE_TYPE: Self = Self(5);
    pub(crate) const CACHE_OP: Self = Self(6);
    pub(crate) const CACHE_CMD: Self = Self(7);
    pub(crate) const CACHE_KEY: Self = Self(8);
    pub(crate) const MQ_TOPIC: Self = Self(9);
    pub(crate) const MQ_QUEUE: Self = Self(10);
    pub(crate) const TRANSMISSION_LATENCY: Self = Self(11);
    pub(crate) const LOGIC_ENDPOINT: Self = Self(12);
}

/// Keys that the analysis itself reads, in the order of their numbers.
const BUILT_IN: [&str; 13] = [
    "http.status_code",
    "status_code",
    "rpc.status_code",
    "db.type",
    "db.statement",
    "cache.type",
    "cache.op",
    "cache.cmd",
    "cache.key",
    "mq.topic",
    "mq.queue",
    "transmission.latency",
    "x-le",
];

/// Other names of these keys: those of OpenTelemetry's conventions.
const ALSO: [(&str, Key); 10] = [
    ("http.response.status_code", Key::HTTP_STATUS_CODE),
    ("rpc.grpc.status_code", Key::RPC_STATUS_CODE),
    ("rpc.response.status_code", Key::RPC_STATUS_CODE),
    ("db.system", Key::DB_TYPE),
    ("db.system.name", Key::DB_TYPE),
    ("db.query.text", Key::DB_STATEMENT),
    ("db.operation", Key::CACHE_CMD),
    ("db.operation.name", Key::CACHE_CMD),
    ("messaging.destination", Key::MQ_TOPIC),
    ("messaging.destination.name", Key::MQ_TOPIC),
];

/// The most keys of rules, search and the analysis together.
pub(crate) const MAX_KEYS: usize = 64;

/// All keys that mean something.
#[derive(Debug, Clone)]
pub(crate) struct KeySet {
    names: Vec<String>,
}

impl KeySet {
    pub(crate) fn new() -> Self {
        Self { names: BUILT_IN.map(str::to_owned).to_vec() }
    }

    /// The number of a key, which is added when there is room.
    pub(crate) fn add(&mut self, name: &str) -> Option<Key> {
        if let Some(key) = self.find(name) {
            return Some(key);
        }
        if self.names.len() >= MAX_KEYS {
            return None;
        }
        self.names.push(name.to_owned());
        Some(Key((self.names.len() - 1) as u8))
    }

    /// The number of a key.
    pub(crate) fn find(&self, name: &str) -> Option<Key> {
        let place = self.names.iter().position(|known| known == name);
        let also = || ALSO.iter().find(|(known, _)| *known == name).map(|(_, key)| *key);
        place.map(|place| Key(place as u8)).or_else(also)
    }

    pub(crate) fn name(&self, key: Key) -> &str {
        self.names.get(key.0 as usize).map_or("", String::as_str)
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }
}

/// A set of keys.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct KeyMask(u64);

impl KeyMask {
    pub(crate) fn insert(&mut self, key: Key) {
        self.0 |= 1 << (key.0 & 63);
    }

    pub(crate) fn contains(self, key: Key) -> bool {
        self.0 & (1 << (key.0 & 63)) != 0
    }

    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Key> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let place = rest.trailing_zeros();
            (place < 64).then(|| {
                rest &= rest - 1;
                Key(place as u8)
            })
        })
    }
}

/// The tags of one span that have a key that means something; of several with
/// one key the last. Reused from span to span.
#[derive(Debug, Clone, Default)]
pub(crate) struct TagSlots {
    present: KeyMask,
    values: Vec<Option<Value>>,
}

impl TagSlots {
    pub(crate) fn new(keys: usize) -> Self {
        Self { present: KeyMask::default(), values: vec![None; keys] }
    }

    pub(crate) fn clear(&mut self) {
        self.present = KeyMask::default();
    }

    pub(crate) fn put(&mut self, key: Key, value: Value) {
        if let Some(slot) = self.values.get_mut(key.0 as usize) {
            *slot = Some(value);
            self.present.insert(key);
        }
    }

    pub(crate) fn value(&self, key: Key) -> Option<Value> {
        if !self.present.contains(key) {
            return None;
        }
        self.values.get(key.0 as usize).copied().flatten()
    }

    pub(crate) fn present(&self) -> KeyMask {
        self.present
    }
}
