//! Lives with faults, evictions, expiry, kills and crashes: what comes back is
//! what some commit at or after the last that returned has left.

use skytrail_base::fs::sim::{Dice, Fault, Operation, SimFileSystem};
use skytrail_base::journal::Position;
use skytrail_model::time::Minute;
use skytrail_mutable::{Config, Mutable, Opened};

use crate::answers::{Answers, DAY, answers, blob, fill, now, open, template};

/// So little that rows are evicted all the time.
const SMALL: Config = Config { entity_bytes: 40 << 10, tag_bytes: 6 << 10, cache_bytes: 64 << 10 };

/// What a file may hold. What was not committed and goes by a crash is not in it,
/// whatever dashboards and blobs do meanwhile.
type Held = (Answers, Position);

struct Life {
    store: Mutable,
    /// The last commit that returned, with what was put since.
    last: Held,
    /// What a crash may leave.
    may_hold: Vec<Held>,
}

impl Life {
    /// Tries a write that leads to `after`.
    async fn write(&mut self, after: Held, work: impl AsyncFnOnce(&Mutable) -> bool) -> bool {
        self.may_hold.push(after.clone());
        let is_done = work(&self.store).await;
        if is_done {
            self.last = after.clone();
            self.may_hold = vec![after];
        }
        is_done
    }

    async fn commit(&mut self, dice: &mut Dice) -> bool {
        let mut all = answers(&self.store).await;
        let position = Position(self.last.1.0 + 1);
        let (name, bytes) = blob(dice);
        let mut blobs: Vec<(&str, &[u8])> = Vec::new();
        if dice.below(3) == 0 {
            set(&mut all.blobs, name, &bytes);
            blobs.push((name, &bytes));
        }
        self.write((all, position), async |store| store.commit_with(position, &blobs).is_ok()).await
    }

    /// What a put may lead to depends on whether the file has to be written anew:
    /// then all rows go into it.
    async fn put(&mut self, dice: &mut Dice) -> bool {
        let (new, blobs) = (template(dice), self.last.0.blobs.clone());
        let with_new = |held: &Held| {
            let mut held = held.clone();
            held.0.templates.retain(|template| template.id != new.id);
            held.0.templates.push(new.clone());
            held.0.templates.sort_by(|a, b| a.id.cmp(&b.id));
            // Blobs of a commit that failed are not tried again.
            held.0.blobs.clone_from(&blobs);
            held
        };
        let anew = with_new(&(answers(&self.store).await, self.last.1));
        let tried: Vec<_> = self.may_hold.iter().map(with_new).collect();
        self.may_hold.extend(tried);
        self.may_hold.push(anew.clone());
        let is_done = self.store.templates().put(new.clone()).await.is_ok();
        if is_done {
            self.last = with_new(&self.last);
            // Rows of commits that failed may go with it.
            self.may_hold.retain(|held| {
                held.0.templates == anew.0.templates && held.0.blobs == anew.0.blobs
            });
            let position = self.last.1;
            self.may_hold.iter_mut().for_each(|held| held.1 = position);
            let mut may_hold = std::mem::take(&mut self.may_hold);
            may_hold.dedup();
            self.may_hold = may_hold;
        }
        is_done
    }

    async fn act(&mut self, dice: &mut Dice) -> bool {
        fill(&self.store, dice, 60).await;
        match dice.below(6) {
            0 => self.put(dice).await,
            1 => {
                let before = Minute(dice.below(5) as i64 * DAY);
                self.store.expire_entities(before);
                self.store.expire_tags(before);
                self.commit(dice).await
            }
            _ => self.commit(dice).await,
        }
    }
}

fn set(blobs: &mut Vec<(String, Vec<u8>)>, name: &str, bytes: &[u8]) {
    const ORDER: [&str; 3] = ["clock", "zone", "analysis"];
    blobs.retain(|(known, _)| known != name);
    blobs.push((name.to_owned(), bytes.to_vec()));
    blobs.sort_by_key(|(name, _)| ORDER.iter().position(|known| known == name));
}

fn fault(dice: &mut Dice) -> Fault {
    let operation = Operation::MUTATING[dice.below(9) as usize];
    Fault { skip: dice.below(12), times: 1 + dice.below(3), ..Fault::of(operation, "") }
}

/// What is not as it may be.
fn difference(may: &Held, is: &Held) -> Vec<&'static str> {
    let parts = [
        ("position", may.1 != is.1),
        ("entities", may.0.entities != is.0.entities),
        ("aliases", may.0.aliases != is.0.aliases),
        ("tags", may.0.tags != is.0.tags),
        ("templates", may.0.templates != is.0.templates),
        ("blobs", may.0.blobs != is.0.blobs),
    ];
    parts.into_iter().filter(|(_, differs)| *differs).map(|(part, _)| part).collect()
}

async fn live(seed: u64) {
    let mut dice = Dice::new(seed);
    let mut disk = SimFileSystem::with_seed(seed);
    let mut allowed = vec![(Answers::default(), Position(0))];
    for _ in 0..5 {
        let Opened { mutable, position, damage } = open(&disk, SMALL).unwrap();
        assert_eq!(damage, None, "seed {seed}");
        let found = (answers(&mutable).await, position);
        let differences = allowed.iter().map(|held| difference(held, &found)).collect::<Vec<_>>();
        assert!(allowed.contains(&found), "seed {seed}: {differences:?}");
        let mut life = Life { store: mutable, last: found.clone(), may_hold: vec![found] };
        for _ in 0..dice.below(8) {
            if dice.below(3) == 0 {
                disk.inject(fault(&mut dice));
            }
            let _ = life.act(&mut dice).await;
        }
        disk.clear_faults();
        disk.stop_after(disk.operations() + dice.below(60));
        for _ in 0..9 {
            if !life.act(&mut dice).await {
                break;
            }
        }
        allowed = life.may_hold.clone();
        disk = if dice.below(2) == 0 { disk.killed() } else { disk.crash(dice.throw()) };
    }
}

#[test]
fn what_comes_back_is_what_a_commit_left() {
    let seeds = std::env::var("SKYTRAIL_SEEDS").ok().and_then(|seeds| seeds.parse().ok());
    (0..seeds.unwrap_or(30)).for_each(|seed| now(live(seed)));
}
