use std::time::{Duration, Instant};

use super::{Claim, Full, Memory, MemoryMetrics, Refused};

const MIB: usize = 1 << 20;

fn memory() -> Memory {
    Memory::new(24 * MIB, MemoryMetrics::default())
}

fn soon() -> Option<Instant> {
    Some((tokio::time::Instant::now() + Duration::from_secs(5)).into_std())
}

#[tokio::test(start_paused = true)]
async fn work_grows_level_by_level_until_there_is_no_more() {
    let memory = memory();
    let claim = memory.claim(soon()).await.unwrap();
    let mut hold = claim.hold();
    assert_eq!(hold.grow(128 << 10), Ok(()));
    assert_eq!(hold.grow(1), Err(Full::ForNow));
    claim.enlarge(soon()).await.unwrap();
    assert_eq!(hold.grow(4 * MIB), Ok(()));
    assert_eq!(hold.grow(1), Err(Full::ForNow));
    claim.enlarge(soon()).await.unwrap();
    assert_eq!((claim.left(), hold.grow(12 * MIB + 1)), (12 * MIB, Err(Full::ForGood)));
    assert_eq!(claim.enlarge(soon()).await, Err(Refused));
    assert_eq!(memory.used(), hold.bytes());
    claim.part_with_spare();
    assert!(!claim.is_largest() && !claim.is_small(), "it needs the middle one");
    assert!(memory.claim(soon()).await.is_ok());
    drop((hold, claim));
    assert_eq!((memory.used(), memory.peak()), (0, (4 * MIB) + (128 << 10)));
}

#[tokio::test(start_paused = true)]
async fn who_finds_no_share_waits_in_turn_and_is_refused_at_the_deadline() {
    let memory = memory();
    let mut small = Vec::new();
    for _ in 0..32 {
        small.push(memory.claim(soon()).await.unwrap());
    }
    assert_eq!(memory.claim(soon()).await.unwrap_err(), Refused);
    assert_eq!(memory.0.metrics.refused.get(), 1);
    let waiting = memory.claim(soon());
    let ending = async { drop(small.pop()) };
    assert!(tokio::join!(waiting, ending).0.is_ok());
    let (first, second, third) = (&small[0], &small[1], &small[2]);
    first.enlarge(soon()).await.unwrap();
    second.enlarge(soon()).await.unwrap();
    assert_eq!(third.enlarge(soon()).await, Err(Refused), "two have the middle ones");
    assert_eq!(memory.0.metrics.waiting.get(), 0);
}

#[tokio::test(start_paused = true)]
async fn everybody_gets_a_turn_though_all_want_everything() {
    let memory = memory();
    let work = |memory: Memory| async move {
        let claim = memory.claim(None).await.unwrap();
        while !claim.is_largest() {
            claim.enlarge(None).await.unwrap();
            tokio::task::yield_now().await;
        }
        let mut hold = claim.hold();
        hold.grow(claim.left()).unwrap();
        tokio::time::sleep(Duration::from_millis(1)).await;
        hold.bytes()
    };
    let all: Vec<_> = (0..100).map(|_| tokio::spawn(work(memory.clone()))).collect();
    for one in all {
        assert_eq!(one.await.unwrap(), memory.most());
    }
    assert!(memory.peak() <= memory.limit() && memory.used() == 0);
}

#[tokio::test]
async fn what_belongs_to_no_memory_has_no_limit() {
    let claim = Claim::default();
    assert!(claim.is_largest() && claim.enlarge(None).await.is_ok());
    assert_eq!(claim.hold().grow(usize::MAX), Ok(()));
}
