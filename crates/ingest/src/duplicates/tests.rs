use std::collections::VecDeque;

use proptest::collection::vec;
use proptest::prelude::*;
use skytrail_base::account::Account;
use skytrail_base::outcome::Outcome;
use skytrail_base::receipt::{Receipt, receipt};

use super::save::{Restored, restore};
use super::window::{Known, Window};
use super::{DuplicateLimits, identity};
use crate::frame::Kind;

const SECOND: i64 = 1_000_000_000;

fn window(messages: usize) -> Window {
    Window::new(DuplicateLimits { bytes: messages * 24, window: 600 * SECOND })
}

fn hash(number: u64) -> u128 {
    identity(Kind::Segment, &number.to_le_bytes()).unwrap()
}

fn is_stored(window: &Window, number: u64) -> bool {
    matches!(window.find(hash(number)), Known::Stored)
}

/// A batch of messages on its way.
fn send(window: &mut Window, batch: u64, arrival: i64, numbers: &[u64]) -> Receipt {
    let (receipt, _) = receipt(Account::new());
    numbers.iter().for_each(|number| window.remember(hash(*number)));
    window.close(batch, arrival, || receipt.pending());
    receipt
}

#[test]
fn a_message_is_known_once_its_batch_is_stored_and_waits_with_it_until_then() {
    let mut window = window(100);
    window.remember(hash(1));
    assert!(matches!(window.find(hash(1)), Known::Open));
    let receipt = send(&mut window, 7, 0, &[2]);
    for number in [1, 2] {
        assert!(matches!(window.find(hash(number)), Known::UnderWay(7, _)));
    }
    assert!(matches!(window.find(hash(3)), Known::No));
    receipt.resolve(Outcome::Durable);
    assert!(is_stored(&window, 1) && is_stored(&window, 2));
    window.settle();
    assert!(is_stored(&window, 1) && is_stored(&window, 2));
    assert!(identity(Kind::KeepAlive, b"x").is_none());
    assert_ne!(identity(Kind::Jvm, b"x"), identity(Kind::Segment, b"x"));
}

#[test]
fn what_came_to_nothing_is_taken_when_it_comes_again() {
    for outcome in [Outcome::Dropped("journal"), Outcome::Refused("wrong")] {
        let mut window = window(100);
        let first = send(&mut window, 0, 0, &[1, 2]);
        let second = send(&mut window, 1, 1, &[3]);
        second.resolve(Outcome::Durable);
        first.resolve(outcome);
        assert!(matches!(window.find(hash(1)), Known::No) && is_stored(&window, 3));
        send(&mut window, 2, 2, &[1]).resolve(Outcome::Durable);
        window.settle();
        assert!(is_stored(&window, 1) && is_stored(&window, 3));
        assert!(matches!(window.find(hash(2)), Known::No));
        assert_eq!(window.take_forgotten(), 0);
    }
}

#[test]
fn the_oldest_are_forgotten_when_memory_runs_out_and_counted() {
    let mut window = window(1000);
    for number in 0..3000 {
        send(&mut window, number, 0, &[number]).resolve(Outcome::Durable);
        window.settle();
    }
    assert_eq!(window.len(), 1000);
    let known = (0..3000).filter(|number| is_stored(&window, *number)).count() as u64;
    assert_eq!(window.take_forgotten(), 3000 - known);
    assert!(known > 950, "{known}");
    assert!((0..2000).all(|number| !is_stored(&window, number)));
    assert!((2500..3000).all(|number| is_stored(&window, number)));
}

#[test]
fn the_oldest_are_forgotten_by_the_time_of_the_log() {
    let mut window = window(1000);
    for number in 0..100 {
        let arrival = number as i64 * 10 * SECOND;
        send(&mut window, number, arrival, &[number]).resolve(Outcome::Durable);
    }
    window.settle();
    // The last one came at 990 s.
    assert!((0..39).all(|number| !is_stored(&window, number)));
    assert!((40..100).all(|number| is_stored(&window, number)));
    assert_eq!(window.take_forgotten(), 0, "that is not before their time");
}

#[test]
fn a_window_without_memory_knows_nothing() {
    let mut window = window(0);
    assert!(window.is_off());
    send(&mut window, 0, 0, &[1]).resolve(Outcome::Durable);
    window.replayed(0, [hash(2)]);
    assert!(matches!(window.find(hash(1)), Known::No));
    assert_eq!(window.len(), 0);
}

#[test]
fn numbers_that_come_round_are_told_apart() {
    let mut window = window(64);
    let rounds = (1_u64 << 24) + 1000;
    // As if so many had come, without making them.
    for number in (0..200).chain(rounds..rounds + 200) {
        if number == rounds {
            window.skip_to(rounds);
        }
        window.replayed(0, [hash(number)]);
        assert!(is_stored(&window, number), "{number}");
    }
    assert!((0..200).all(|number| !is_stored(&window, number)));
    let known = (rounds + 136..rounds + 200).filter(|number| is_stored(&window, *number)).count();
    assert!(known >= 60, "{known}");
}

#[derive(Debug, Clone)]
enum Step {
    Batch(Vec<u64>),
    /// Of the batches under way.
    Resolve(prop::sample::Index, bool),
    Settle,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => vec(0..60_u64, 0..5).prop_map(Step::Batch),
        3 => (any::<prop::sample::Index>(), any::<bool>()).prop_map(|(at, ok)| Step::Resolve(at, ok)),
        1 => Just(Step::Settle),
    ]
}

proptest! {
    /// Against a list of what was stored, in a window that forgets nothing.
    #[test]
    fn a_message_is_known_exactly_when_it_is_stored(steps in vec(step(), 0..60)) {
        let mut window = window(1000);
        let mut under_way: VecDeque<(Vec<u64>, Receipt)> = VecDeque::new();
        let mut stored = std::collections::BTreeSet::new();
        for (batch, step) in (0..).zip(steps) {
            match step {
                Step::Batch(mut numbers) => {
                    let mut new = |number: &u64| {
                        let is_new = matches!(window.find(hash(*number)), Known::No);
                        if is_new {
                            window.remember(hash(*number));
                        }
                        is_new
                    };
                    numbers.retain(&mut new);
                    let (receipt, _) = receipt(Account::new());
                    window.close(batch, batch as i64, || receipt.pending());
                    under_way.push_back((numbers, receipt));
                }
                Step::Resolve(at, is_durable) if !under_way.is_empty() => {
                    let (numbers, receipt) = under_way.remove(at.index(under_way.len())).unwrap();
                    let outcome = if is_durable { Outcome::Durable } else { Outcome::Dropped("x") };
                    receipt.resolve(outcome);
                    if is_durable {
                        stored.extend(numbers);
                    }
                }
                Step::Resolve(..) => {}
                Step::Settle => window.settle(),
            }
            for number in 0..60 {
                let waits = under_way.iter().any(|(numbers, _)| numbers.contains(&number));
                match window.find(hash(number)) {
                    Known::No => prop_assert!(!waits && !stored.contains(&number)),
                    Known::Stored => prop_assert!(stored.contains(&number)),
                    Known::Open => prop_assert!(false, "no batch is open"),
                    Known::UnderWay(..) => prop_assert!(waits),
                }
            }
        }
    }

    #[test]
    fn damaged_bytes_of_a_checkpoint_are_read_or_refused(bytes: Vec<u8>, shards: u16) {
        let _ = restore(&bytes, shards);
    }
}

#[test]
fn kept_runs_read_back_and_a_cut_is_refused() {
    let mut bytes = vec![1, 2, 0];
    for (shard, arrival) in [(1_u16, 9_i64), (0, 5)] {
        bytes.extend_from_slice(&shard.to_le_bytes());
        bytes.extend_from_slice(&arrival.to_le_bytes());
        bytes.extend_from_slice(&2_u32.to_le_bytes());
        [hash(1), hash(2)].iter().for_each(|hash| bytes.extend_from_slice(&hash.to_le_bytes()));
    }
    let run = |shard, arrival| Restored { shard, arrival, hashes: vec![hash(1), hash(2)] };
    assert_eq!(restore(&bytes, 2), Some(vec![run(Some(0), 5), run(Some(1), 9)]));
    assert_eq!(restore(&bytes, 3), Some(vec![run(None, 5), run(None, 9)]));
    let whole = [3, 3 + 46, 3 + 92];
    for cut in 0..bytes.len() {
        assert_eq!(restore(&bytes[..cut], 2).is_some(), whole.contains(&cut), "{cut}");
    }
}
