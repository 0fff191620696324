//! Rows that somebody changed behind the back of the writer, as damaged pages
//! that are copied do.

use std::sync::Arc;

use redb::Database;
use skytrail_base::fs::FileSystem;
use skytrail_base::fs::sim::{Dice, SimFileSystem};

use super::{CACHE, Held, file, open, read};
use crate::file::backend::{FileBackend, Health};
use crate::file::guard;
use crate::file::transaction::definition;
use crate::row::Table;

fn filled() -> (Arc<SimFileSystem>, Held) {
    let disk = SimFileSystem::new();
    let mut store = open(&disk).unwrap();
    store.memory.rows.insert((Table::Tags, b"b".to_vec()), b"payload".to_vec());
    for seed in 0..4 {
        store.change(&mut Dice::new(seed));
        store.commit().unwrap();
    }
    let held = store.held();
    (disk, held)
}

/// Changes the database of a file that nobody has open.
fn change(disk: &SimFileSystem, work: impl FnOnce(&Database) -> Result<(), redb::Error>) {
    let opened = disk.open(file()).unwrap();
    let health = Arc::new(Health::default());
    let database = guard::open(FileBackend::new(opened, health), CACHE).unwrap();
    work(&database).unwrap();
}

/// A key, its value if it is to have one, what is said of it, and how many rows
/// cannot be read then.
type Change<'a> = (&'a [u8], Option<&'a [u8]>, &'a str, u64);

#[test]
fn rows_that_are_gone_changed_or_not_of_us_are_found_and_the_others_kept() {
    let (disk, (memory, position)) = filled();
    let changes: [Change<'_>; 4] = [
        (b"b", None, "its rows are not those that were written", 0),
        (b"b", Some(b"payload and no seal"), "some of its rows cannot be read", 1),
        (b"b", Some(b""), "some of its rows cannot be read", 1),
        (b"of nobody", Some(b"12345678"), "some of its rows cannot be read", 1),
    ];
    for (key, value, reason, unreadable) in changes {
        let disk = disk.killed();
        change(&disk, |database| {
            let transaction = database.begin_write()?;
            let mut rows = transaction.open_table(definition(Table::Tags))?;
            match value {
                Some(value) => drop(rows.insert(key, value)?),
                None => drop(rows.remove(key)?),
            }
            drop(rows);
            Ok(transaction.commit()?)
        });
        let store = open(&disk).unwrap();
        let damage = store.damage.as_ref().unwrap();
        assert_eq!((damage.reason.as_str(), damage.unreadable_rows), (reason, unreadable));
        let mut kept = memory.clone();
        kept.rows.remove(&(Table::Tags, key.to_vec()));
        assert_eq!(store.held(), (kept, position));
        assert_eq!(damage.kept_rows, store.memory.rows.len() as u64);
    }
}

#[test]
fn a_state_that_is_not_there_is_damage() {
    let (disk, _) = filled();
    change(&disk, |database| {
        let transaction = database.begin_write()?;
        transaction.delete_table(definition(Table::State))?;
        Ok(transaction.commit()?)
    });
    let store = open(&disk).unwrap();
    assert_eq!(store.damage.unwrap().reason, "the state of the last commit is missing");
}

#[test]
fn a_file_that_changed_while_it_was_not_open_is_written_anew() {
    let (disk, _) = filled();
    let mut store = open(&disk).unwrap();
    change(&disk, |database| {
        let transaction = database.begin_write()?;
        transaction.open_table(definition(Table::Tags))?.insert(&b"of nobody"[..], &b"1"[..])?;
        transaction.delete_table(definition(Table::State))?;
        Ok(transaction.commit()?)
    });
    store.commit().unwrap();
    assert_eq!(read(&disk.crash(1)), store.held());
}
