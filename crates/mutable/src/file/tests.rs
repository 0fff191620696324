//! What a file holds after crashes, faults and flipped bits.

mod behind;
mod crash;
mod fault;
mod flip;
mod size;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use skytrail_base::fs::sim::{Dice, SimFileSystem};
use skytrail_base::journal::Position;

use super::load::Sink;
use super::name::Names;
use super::start::{Damage, start};
use super::transaction::{Batch, Source};
use super::writer::Writer;
use crate::error::Result;
use crate::row::{LARGE, Row, SMALL, Table};

const CACHE: usize = 1 << 20;

/// Seeds of a test; `SKYTRAIL_SEEDS` asks for more.
fn seeds(few: u64) -> u64 {
    std::env::var("SKYTRAIL_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(few)
}

/// Rows of all tables, as memory holds them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Memory {
    rows: BTreeMap<(Table, Vec<u8>), Vec<u8>>,
}

impl Source for Memory {
    fn begin(&self) {}

    fn rows(&self, table: Table) -> Vec<Row> {
        let rows = self.rows.iter().filter(|((of, _), _)| *of == table);
        rows.map(|((_, key), payload)| (key.clone(), payload.clone())).collect()
    }
}

impl Sink for Memory {
    fn take(&mut self, table: Table, key: &[u8], payload: &[u8]) -> bool {
        self.rows.insert((table, key.to_vec()), payload.to_vec()).is_none()
    }
}

/// A state that a file may hold: rows and position.
type Held = (Memory, Position);

/// A file with its memory, and every state that a crash now may leave.
struct Store {
    writer: Writer,
    memory: Memory,
    position: Position,
    damage: Option<Damage>,
    /// The last one that was durable, and those that were tried since.
    may_hold: Vec<Held>,
}

fn open(disk: &Arc<SimFileSystem>) -> Result<Store> {
    let mut memory = Memory::default();
    let names = Names { fs: disk.clone(), path: PathBuf::from("mutable") };
    let started = start(names, CACHE, &mut memory)?;
    let position = started.writer.last().position;
    let may_hold = vec![(memory.clone(), position)];
    let damage = started.damage;
    Ok(Store { writer: started.writer, memory, position, damage, may_hold })
}

impl Store {
    fn held(&self) -> Held {
        (self.memory.clone(), self.position)
    }

    /// Changes some small rows, in memory and for the next write.
    fn change(&mut self, dice: &mut Dice) {
        let memory = &mut self.memory;
        self.writer.absorb(|batch: &mut Batch| {
            for _ in 0..dice.below(12) {
                let table = SMALL[dice.below(3) as usize];
                let key = format!("key-{}", dice.below(40)).into_bytes();
                let most = if dice.below(9) == 0 { 6_000 } else { 60 };
                let len = dice.below(most) as usize;
                let payload = (dice.below(4) > 0).then(|| vec![dice.below(256) as u8; len]);
                batch.add(table, key.clone(), payload.clone());
                match payload {
                    Some(payload) => drop(memory.rows.insert((table, key), payload)),
                    None => drop(memory.rows.remove(&(table, key))),
                }
            }
        });
    }

    fn commit(&mut self) -> Result<()> {
        let position = Position(self.position.0 + 1);
        self.may_hold.push((self.memory.clone(), position));
        self.writer.write(position, &[], &self.memory)?;
        self.position = position;
        self.may_hold = vec![self.held()];
        Ok(())
    }

    fn put_large(&mut self, dice: &mut Dice) -> Result<()> {
        let table = LARGE[dice.below(2) as usize];
        let row = (vec![b'0' + dice.below(3) as u8], vec![1; dice.below(200_000) as usize]);
        let mut after = self.memory.clone();
        after.rows.insert((table, row.0.clone()), row.1.clone());
        self.may_hold.push((after.clone(), self.position));
        self.writer.write(self.position, &[(table, row)], &self.memory)?;
        self.memory = after;
        self.may_hold = vec![self.held()];
        Ok(())
    }

    /// Anything that a store does.
    fn act(&mut self, dice: &mut Dice) -> Result<()> {
        match dice.below(5) {
            0 => self.put_large(dice),
            _ => {
                self.change(dice);
                self.commit()
            }
        }
    }
}

/// What a disk holds, if it is sound.
fn read(disk: &Arc<SimFileSystem>) -> Held {
    let store = open(disk).unwrap();
    assert_eq!(store.damage, None);
    store.held()
}

fn file() -> &'static Path {
    Path::new("mutable")
}
