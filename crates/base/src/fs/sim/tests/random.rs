//! Random programs against what the contract says of names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{create, files, path};
use crate::fs::FileSystem;
use crate::fs::sim::SimFileSystem;
use crate::fs::sim::dice::Dice;

const FOLDERS: [&str; 2] = ["x", "y"];
const NAMES: [&str; 6] = ["x/a", "x/b", "x/c", "y/a", "y/b", "y/c"];

/// What is known of files, each called by its text.
#[derive(Default)]
struct Known {
    now: BTreeMap<&'static str, String>,
    /// Files that must be there, with the names of which they have one.
    durable: BTreeMap<String, BTreeSet<&'static str>>,
    /// Files that were removed or replaced, with the folder that is to be synced.
    leaving: BTreeMap<String, &'static str>,
    /// Files that must not be there.
    gone: BTreeSet<String>,
}

fn folder(name: &'static str) -> &'static str {
    name.split('/').next().unwrap()
}

impl Known {
    fn put(&mut self, name: &'static str, text: String) {
        if let Some(names) = self.durable.get_mut(&text) {
            names.insert(name);
        }
        if let Some(old) = self.now.insert(name, text) {
            self.leave(old, name);
        }
    }

    fn leave(&mut self, text: String, name: &'static str) {
        self.durable.remove(&text);
        self.leaving.insert(text, folder(name));
    }

    fn sync(&mut self, synced: &str) {
        for (name, text) in self.now.iter().filter(|(name, _)| folder(name) == synced) {
            self.durable.insert(text.clone(), BTreeSet::from([*name]));
        }
        let left = self.leaving.iter().filter(|(_, from)| **from == synced);
        self.gone.extend(left.map(|(text, _)| text.clone()));
    }

    fn check(&self, disk: &SimFileSystem, seed: u64) {
        let mut found = BTreeMap::new();
        for (name, text) in files(&disk.crash(seed)) {
            let other = found.insert(text.clone(), name);
            assert_eq!(other, None, "{text} has two names");
        }
        for (text, names) in &self.durable {
            let name = found.get(text).map(String::as_str);
            assert!(name.is_some_and(|name| names.contains(name)), "{text}: {name:?}");
        }
        assert!(self.gone.iter().all(|text| !found.contains_key(text)));
    }
}

/// One operation on names, if it makes sense now.
fn step(disk: &SimFileSystem, known: &mut Known, dice: &mut Dice, number: usize) {
    let (from, to) = (NAMES[dice.index(NAMES.len())], NAMES[dice.index(NAMES.len())]);
    match dice.below(7) {
        0..=1 if !known.now.contains_key(to) => {
            create(disk, to, number.to_string().as_bytes());
            known.put(to, number.to_string());
        }
        2..=4 if from != to && known.now.contains_key(from) => {
            disk.rename(path(from), path(to)).unwrap();
            let text = known.now.remove(from).unwrap();
            known.put(to, text);
        }
        5 if known.now.contains_key(from) => {
            disk.remove(path(from)).unwrap();
            let text = known.now.remove(from).unwrap();
            known.leave(text, from);
        }
        6 => {
            let folder = FOLDERS[dice.index(FOLDERS.len())];
            disk.sync_dir(path(folder)).unwrap();
            known.sync(folder);
        }
        _ => {}
    }
}

#[test]
fn no_program_loses_a_durable_name_or_gets_a_removed_one_back() {
    for seed in 0..200 {
        let disk = SimFileSystem::new();
        FOLDERS.iter().for_each(|folder| disk.create_dir(path(folder)).unwrap());
        disk.sync_dir(Path::new("")).unwrap();
        let (mut known, mut dice) = (Known::default(), Dice::new(seed));
        for number in 0..50 {
            step(&disk, &mut known, &mut dice, number);
            (0..3).for_each(|crash| known.check(&disk, seed * 3 + crash));
        }
        let seen: Vec<_> = files(&disk);
        let now = known.now.iter().map(|(name, text)| ((*name).to_owned(), text.clone()));
        assert_eq!(seen, now.collect::<Vec<_>>());
    }
}
