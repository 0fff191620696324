//! Hash tables of this crate.

use hashbrown::{HashMap, HashSet};

/// A table with a fast, seeded hash.
pub(crate) type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// A set with a fast, seeded hash.
pub(crate) type Set<K> = HashSet<K, foldhash::fast::RandomState>;
