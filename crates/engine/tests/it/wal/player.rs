//! Plays with a log at random, and knows what must be in it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::FutureExt;
use skytrail_base::fs::FileSystem;
use skytrail_base::fs::sim::Dice;
use skytrail_base::future::BoxFuture;
use skytrail_base::journal::{Journal, JournalError, Position, Record};
use skytrail_engine::wal::{Log, Writer};

use super::{opened, record, replayed};

type Durable = BoxFuture<'static, Result<(), JournalError>>;

/// What is known about the records of a log.
#[derive(Default)]
pub(super) struct Player {
    /// The records that may be at a position: several, where processes ended
    /// before any of what they appended there was durable.
    possible: BTreeMap<u64, Vec<Record<'static>>>,
    /// What the process that runs found or appended.
    seen: BTreeMap<u64, Record<'static>>,
    /// Positions that somebody was told to be durable.
    acknowledged: BTreeSet<u64>,
    /// Positions of which somebody was told that they are not.
    given_up: BTreeSet<u64>,
    /// Positions below it may be gone.
    kept_from: u64,
    number: u64,
}

impl Player {
    /// Opens a log, checks what is in it, and does `steps` things with it. An
    /// error says what is wrong; a disk that refuses is none.
    pub(super) fn play(
        &mut self,
        fs: Arc<dyn FileSystem>,
        dice: &mut Dice,
        steps: u64,
    ) -> Result<(), String> {
        let Ok((log, mut writer)) = opened(fs) else { return Ok(()) };
        if !self.check(&log)? {
            return Ok(());
        }
        let mut waiting = Vec::new();
        for _ in 0..steps {
            self.step(&log, &mut writer, &mut waiting, dice)?;
        }
        Ok(())
    }

    fn step(
        &mut self,
        log: &Log,
        writer: &mut Writer,
        waiting: &mut Vec<(u64, Durable)>,
        dice: &mut Dice,
    ) -> Result<(), String> {
        match dice.below(20) {
            0..=11 => self.append(log, waiting, dice),
            12..=17 => writer.step(),
            18 => self.trim(log, dice),
            // A disk may refuse to note it.
            _ => drop(log.discard()),
        }
        let mut told = Vec::new();
        waiting.retain_mut(|(position, durable)| match durable.now_or_never() {
            None => true,
            Some(result) => {
                told.push((*position, result.is_ok()));
                false
            }
        });
        for (position, is_durable) in told {
            if is_durable {
                self.acknowledge(position);
            } else {
                self.given_up.insert(position);
            }
        }
        Ok(())
    }

    fn append(&mut self, log: &Log, waiting: &mut Vec<(u64, Durable)>, dice: &mut Dice) {
        self.number += 1;
        let len = match dice.below(12) {
            0 => 0,
            1 => dice.below(6000),
            _ => dice.below(700),
        };
        let record = record(self.number, len as usize);
        if let Ok(appended) = log.append(record.clone()) {
            self.given_up.remove(&appended.position.0);
            self.possible.entry(appended.position.0).or_default().push(record.clone());
            self.seen.insert(appended.position.0, record);
            waiting.push((appended.position.0, appended.durable));
        }
    }

    /// A position is durable, and so is all before it, which may have come from a
    /// replay. What was given up in between nobody counts on.
    fn acknowledge(&mut self, position: u64) {
        self.possible = self.possible.split_off(&(position + 1));
        for (position, record) in self.seen.range(..=position) {
            self.possible.insert(*position, vec![record.clone()]);
            if !self.given_up.contains(position) {
                self.acknowledged.insert(*position);
            }
        }
    }

    fn trim(&mut self, log: &Log, dice: &mut Dice) {
        let Some(last) = self.acknowledged.last() else { return };
        let before = last.saturating_sub(dice.below(10));
        self.kept_from = self.kept_from.max(before);
        // A file that cannot be removed is removed later.
        let _ = log.trim(Position(before));
    }

    /// Compares what a log that was just opened holds with what must be there;
    /// false where the disk does not let it be certain of that.
    fn check(&mut self, log: &Log) -> Result<bool, String> {
        let Ok(found) = replayed(log, self.kept_from) else { return Ok(false) };
        if found.is_sorted_by(|one, next| one.0 < next.0) {
            self.compare(&found)?;
        } else {
            return Err("the order is wrong".to_owned());
        }
        if replayed(log, self.kept_from).ok().as_ref() != Some(&found) {
            return Err("the second replay differs".to_owned());
        }
        // What a replay gave was analysed, so it has to stay from now on.
        let last = found.last().map_or(0, |(position, _)| *position);
        self.seen = found.into_iter().collect();
        self.given_up.retain(|position| !self.seen.contains_key(position));
        self.acknowledge(last);
        Ok(true)
    }

    fn compare(&self, found: &[(u64, Record<'static>)]) -> Result<(), String> {
        for (position, record) in found {
            if !self.possible.get(position).is_some_and(|possible| possible.contains(record)) {
                return Err(format!("{position} holds what nobody put there"));
            }
        }
        for (one, next) in found.iter().zip(found.iter().skip(1)) {
            let mut between = one.0 + 1..next.0;
            if let Some(position) = between.find(|position| !self.given_up.contains(position)) {
                return Err(format!("{position} is a hole"));
            }
        }
        let found: BTreeSet<u64> = found.iter().map(|(position, _)| *position).collect();
        match self.acknowledged.range(self.kept_from..).find(|position| !found.contains(position)) {
            Some(position) => Err(format!("{position} was acknowledged and is gone")),
            None => Ok(()),
        }
    }
}
