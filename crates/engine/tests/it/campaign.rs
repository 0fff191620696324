//! A log and a store on one disk, through crashes at every step of what they do.
//!
//! Each image is made for one cell of the table, which says what was going on and
//! what happened to the disk then. What an image has to hold: every step that was
//! acknowledged, once, and none that nobody sent; and the run goes on from it.

mod fixture;
mod lives;
mod process;
mod scene;
mod seeded;
mod table;

use self::lives::history;
use self::table::Table;

/// Images that are made: more for who sets `SKYTRAIL_IMAGES`.
fn images() -> u64 {
    told("SKYTRAIL_IMAGES").unwrap_or(4 * Table::CELLS)
}

fn told(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Histories from `from` on, every `share`th, until there are enough images.
fn some(from: u64, share: u64, images: u64) -> Table {
    let mut table = Table::default();
    let mut seed = from;
    while table.images() < images {
        let made = history(seed, None);
        table.add(&made.unwrap_or_else(|wrong| panic!("SKYTRAIL_SEED={seed}: {wrong}")));
        seed += share;
    }
    table
}

#[test]
fn what_was_acknowledged_survives_a_crash_at_every_step() {
    if let Some(seed) = told("SKYTRAIL_SEED") {
        history(seed, None).unwrap_or_else(|wrong| panic!("SKYTRAIL_SEED={seed}: {wrong}"));
        return;
    }
    let shares = 2;
    let mut table = Table::default();
    std::thread::scope(|scope| {
        let halves = (0..shares).map(|from| scope.spawn(move || some(from, shares, images() / 2)));
        let halves: Vec<_> = halves.collect();
        halves.into_iter().for_each(|half| table.add(&half.join().unwrap()));
    });
    eprintln!("{table}");
    assert_eq!(table.empty(), [], "nothing was tried there");
}
