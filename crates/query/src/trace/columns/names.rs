//! Texts, each once, in the order they came.

use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

/// Texts, each once, by number. Takes about 16 bytes a text beside its own.
#[derive(Clone, Default)]
pub struct Names {
    text: String,
    /// Where each ends.
    ends: Vec<u32>,
    places: HashTable<u32>,
    hasher: RandomState,
}

impl Names {
    /// The number of a text, which is added if it is new. Beyond 4 GiB of text it is the last one.
    pub(crate) fn number(&mut self, text: &str) -> u32 {
        if let Some(number) = self.find(text) {
            return number;
        }
        let number = self.ends.len() as u32;
        let Ok(end) = u32::try_from(self.text.len() + text.len()) else {
            return number.saturating_sub(1);
        };
        self.text.push_str(text);
        self.ends.push(end);
        let Self { text, ends, places, hasher } = self;
        let hash = |number: &u32| hasher.hash_one(get(text, ends, *number as usize));
        places.insert_unique(hash(&number), number, hash);
        number
    }

    /// The number of a text, if it is there.
    pub(crate) fn find(&self, text: &str) -> Option<u32> {
        let hash = self.hasher.hash_one(text);
        let is_it = |number: &u32| self.get(*number as usize) == text;
        self.places.find(hash, is_it).copied()
    }

    /// A text by its number; empty for one that is not there.
    pub fn get(&self, number: usize) -> &str {
        get(&self.text, &self.ends, number)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// All of them, by their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|number| self.get(number))
    }

    /// Memory that they take, in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.text.capacity() + self.ends.capacity() * 4 + self.places.capacity() * 6
    }
}

fn get<'a>(text: &'a str, ends: &[u32], number: usize) -> &'a str {
    let end = ends.get(number).copied().unwrap_or(0) as usize;
    let start = match number.checked_sub(1) {
        Some(before) => ends.get(before).copied().unwrap_or(0) as usize,
        None => 0,
    };
    text.get(start..end).unwrap_or_default()
}

impl std::fmt::Debug for Names {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::Names;

    #[test]
    fn texts_keep_their_numbers() {
        let mut names = Names::default();
        for (text, number) in [("a", 0), ("", 1), ("bc", 2), ("a", 0), ("", 1), ("b", 3)] {
            assert_eq!(names.number(text), number, "{text}");
        }
        assert_eq!(names.iter().collect::<Vec<_>>(), ["a", "", "bc", "b"]);
        assert_eq!((names.find("bc"), names.find("c"), names.get(9)), (Some(2), None, ""));
        (0..10_000).for_each(|n: u32| assert_eq!(names.number(&n.to_string()), n + 4));
        assert!(names.memory() < 10_000 * 32, "{}", names.memory());
    }
}
