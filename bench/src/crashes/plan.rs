//! How many rounds, of what, and when each ends.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::soak::random::Random;

/// A run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Rounds; each but the first begins with a start of the server.
    pub rounds: u32,
    /// What all chance comes from; printed, so that a run can be repeated.
    pub seed: u64,
    /// Rounds between two looks at everything.
    pub every: u32,
    /// Which backend the server has.
    pub backend: Backend,
    /// Further keys of the server, as `key=value`.
    pub keys: Vec<String>,
    /// A folder on a small disk: it is filled up, in place of the rounds.
    pub small_disk: Option<PathBuf>,
}

/// Where the server keeps its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// On disk: it is killed.
    Embedded,
    /// In memory: nothing is killed, for who works on this program.
    Memory,
}

/// How a round ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Killed so long after its start, while it may still replay its log.
    KilledAtStart(Duration),
    /// Killed so long after agents have begun to send.
    KilledUnderLoad(Duration),
    /// Asked to stop so long after agents have begun to send.
    Stopped(Duration),
}

/// What happens in a round.
#[derive(Debug, Clone)]
pub struct Round {
    /// Its end.
    pub end: End,
    /// Agents, each with a connection of its own.
    pub lanes: usize,
}

impl Plan {
    /// From `CRASHES_ROUNDS` (20), `CRASHES_SEED` (the clock), `CRASHES_EVERY` (10),
    /// `CRASHES_BACKEND` (embedded), `CRASHES_SET` (keys with commas between) and
    /// `CRASHES_SMALL_DISK` (none).
    pub fn from_environment() -> Result<Self> {
        let clock = u64::try_from(crate::workload::now_ms()).unwrap_or(1);
        let backend = match std::env::var("CRASHES_BACKEND").as_deref() {
            Err(_) | Ok("embedded") => Backend::Embedded,
            Ok("memory") => Backend::Memory,
            Ok(other) => bail!("CRASHES_BACKEND is embedded or memory, not {other}"),
        };
        let keys = std::env::var("CRASHES_SET").unwrap_or_default();
        Ok(Self {
            rounds: u32::try_from(number("CRASHES_ROUNDS")?.unwrap_or(20))?.max(1),
            seed: number("CRASHES_SEED")?.unwrap_or(clock),
            every: u32::try_from(number("CRASHES_EVERY")?.unwrap_or(10))?.max(1),
            backend,
            keys: keys.split(',').filter(|key| !key.is_empty()).map(str::to_owned).collect(),
            small_disk: std::env::var_os("CRASHES_SMALL_DISK").map(PathBuf::from),
        })
    }

    /// What happens in a round; the same for the same seed.
    pub fn round(&self, number: u32) -> Round {
        let mut random = Random::new(self.seed ^ (u64::from(number) << 32));
        let lanes = 2 + random.below(5);
        // Now and then long enough for what was there at the start to be merged.
        let most = if random.below(6) == 0 { 4_000 } else { 1_200 };
        let long = Duration::from_millis(50 + random.below(most) as u64);
        let end = match random.below(12) {
            0..3 => End::KilledAtStart(Duration::from_millis(random.below(400) as u64)),
            3 | 4 => End::Stopped(long),
            _ => End::KilledUnderLoad(long),
        };
        Round { end, lanes }
    }
}

fn number(name: &str) -> Result<Option<u64>> {
    match std::env::var(name) {
        Ok(text) => Ok(Some(text.parse().with_context(|| format!("{name} is no whole number"))?)),
        Err(_) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::{Backend, End, Plan};

    #[test]
    fn a_seed_gives_the_same_rounds_and_all_kinds_of_ends() {
        let (backend, keys, small_disk) = (Backend::Embedded, Vec::new(), None);
        let plan = Plan { rounds: 200, seed: 7, every: 10, backend, keys, small_disk };
        let ends: Vec<_> = (0..200).map(|round| plan.round(round).end).collect();
        assert!((0..200).all(|round| plan.round(round).end == ends[round as usize]));
        let count = |is: fn(&End) -> bool| ends.iter().filter(|end| is(end)).count();
        assert!(count(|end| matches!(end, End::KilledAtStart(_))) > 25);
        assert!(count(|end| matches!(end, End::KilledUnderLoad(_))) > 90);
        assert!(count(|end| matches!(end, End::Stopped(_))) > 5);
    }
}
