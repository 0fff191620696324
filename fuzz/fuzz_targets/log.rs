//! Opens and replays a log whose files hold anything: frames with every number
//! in them, their checksums put right, since no chance would hit those.
#![no_main]

use std::path::Path;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use skytrail_base::fs::FileSystem;
use skytrail_base::fs::sim::SimFileSystem;
use skytrail_base::journal::{Journal, Position, Record};
use skytrail_base::metrics::Registry;
use skytrail_engine::wal::{Config, Metrics, open};
use xxhash_rust::xxh3::xxh3_64_with_seed;

const FILE: usize = 4096;
const CONFIG: Config = Config {
    segment_bytes: FILE as u64,
    limit_bytes: 64 << 10,
    spare_bytes: 16 << 10,
    leave_bytes: 0,
    pending_bytes: 64 << 10,
    group_delay: Duration::ZERO,
};

fn sum(bytes: &mut [u8], until: usize) {
    let sum = xxh3_64_with_seed(&bytes[..until], 0);
    bytes[until..until + 8].copy_from_slice(&sum.to_le_bytes());
}

/// Takes the next bytes of the input; zeros behind its end.
fn take<const N: usize>(input: &mut &[u8]) -> [u8; N] {
    let mut taken = [0; N];
    let count = N.min(input.len());
    taken[..count].copy_from_slice(&input[..count]);
    *input = &input[count..];
    taken
}

fn header(input: &mut &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; 512];
    bytes[..8].copy_from_slice(b"SKYTRWAL");
    bytes[8] = 1;
    // Small numbers meet more often.
    for at in [16, 24, 32, 40] {
        let [low, kind] = take(input);
        bytes[at] = low % 16;
        bytes[at + 1..at + 8].fill(if kind == 255 { 255 } else { 0 });
    }
    sum(&mut bytes, 56);
    bytes
}

fn frame(input: &mut &[u8]) -> Vec<u8> {
    let [generation, position, durable, len, said] = take(input);
    let mut bytes = vec![0; (64 + usize::from(len)).next_multiple_of(8)];
    bytes[..4].copy_from_slice(b"WREC");
    bytes[4..8].copy_from_slice(
        &if said < 240 { u32::from(len) } else { u32::from(said) << 24 }.to_le_bytes(),
    );
    bytes[8] = generation % 16;
    bytes[16] = position % 16;
    bytes[24] = durable % 16;
    if said == 239 {
        bytes[17..24].fill(255);
    }
    let payload = xxh3_64_with_seed(&bytes[64..], 0);
    bytes[48..56].copy_from_slice(&payload.to_le_bytes());
    sum(&mut bytes, 56);
    bytes
}

fuzz_target!(|input: &[u8]| {
    let mut input = input;
    let disk = SimFileSystem::new();
    for number in 0..3 {
        let mut bytes = header(&mut input);
        while bytes.len() < FILE && !input.is_empty() {
            let [more] = take(&mut input);
            if more % 8 == 0 {
                break;
            }
            bytes.extend(frame(&mut input));
        }
        bytes.resize(FILE, 0);
        let path = format!("0000000{number}.wal");
        disk.create(Path::new(&path)).unwrap().write_at(&bytes, 0).unwrap();
    }
    let Ok((log, mut writer)) = open(disk, CONFIG, Metrics::new(&Registry::default()), Position(0))
    else {
        return;
    };
    let mut last = 0;
    let mut take = |position: Position, _: Record<'_>| {
        assert!(position.0 > last, "out of order");
        last = position.0;
        true
    };
    let mut replay = log.replay(Position(0), &mut take);
    let polled = replay.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Ready(Ok(()))), "{polled:?}");
    drop(replay);
    let record = Record { shard: 0, decoder: 0, arrival: 0, payload: vec![1; 100].into() };
    if let Ok(appended) = log.append(record) {
        assert!(appended.position.0 > last || last == u64::MAX);
        writer.step();
    }
});
