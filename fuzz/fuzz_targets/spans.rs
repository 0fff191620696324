//! Parts of spans with anything in them: read, searched and written again, or
//! refused; nothing that is read takes more memory than the file is worth.

#![no_main]

mod edits;

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use libfuzzer_sys::fuzz_target;
use skytrail_blocks::{Block, Limits, Part, PartWriter, Result, Row, trace_hash, write_part};
use skytrail_storage::contract::build::{append, entry, exit, link, segment};
use skytrail_storage::{Order, SegmentFilter, SpanAppend, TagFilter, TraceState};

const PROCESS: &str = "0123456789abcdef0123456789abcdef";

fn rows(from: i64, traces: i64) -> SpanAppend {
    append((from..from + traces).flat_map(|n| {
        let trace = format!("{PROCESS}.{n}.1773100800000{:04}", n * 7);
        let caller = format!("{PROCESS}.{n}.1773100800001{:04}", n);
        let start = 1_773_100_800_000_000_000 + n * 1_000_000;
        let front = segment(trace.as_str(), caller.as_str()).of("front", "front-1").with([
            entry("/buy").at(start).lasting(n * 1_000_000).tag("http.method", "GET").tag("n", n),
            exit("call").at(start + 5).peer("back:80").component(2),
        ]);
        let back = segment(trace, format!("{n:032x}")).of("back", "back-1").with([
            entry("/sell")
                .ids(&format!("{n:016x}"), "")
                .at(start + 9)
                .linked(link(PROCESS, &caller, 1).parent("front", "front-1", "/buy").address("back:80"))
                .event(start + 10, "thrown", &[("kind", "other")])
                .tag("db.statement", format!("select {n}").as_str()),
            exit("query").at(start + 11).peer("db:1").failed().tag("f", 0.5).w3c(1, "a=b"),
        ]);
        [front.resource("host", "a"), back.scope("lib")]
    }))
}

/// Parts of one block, of three, and of none.
fn parts() -> &'static [Vec<u8>] {
    static PARTS: OnceLock<Vec<Vec<u8>>> = OnceLock::new();
    PARTS.get_or_init(|| {
        [vec![rows(0, 3)], vec![rows(0, 40), rows(20, 40), rows(1, 1)], Vec::new()].map(written).into()
    })
}

fn written(blocks: Vec<SpanAppend>) -> Vec<u8> {
    let mut writer = PartWriter::new(Limits::default());
    let sealed: Vec<_> = blocks
        .iter()
        .map(|block| {
            let rows = block.entries.iter().map(|entry| Row { batch: &block.batch, entry });
            writer.seal(&rows.collect::<Vec<_>>())
        })
        .collect();
    let mut file = Vec::new();
    let info = write_part(&sealed, &mut |bytes: &[u8]| {
        file.extend_from_slice(bytes);
        Ok(())
    });
    info.expect("memory takes everything");
    file
}

fn filters() -> [SegmentFilter; 3] {
    let all = SegmentFilter { from: i64::MIN, to: i64::MAX, ..SegmentFilter::default() };
    let tag = |key: &str, value: &str| TagFilter { key: key.into(), value: Some(value.into()) };
    [
        SegmentFilter {
            tags: vec![tag("http.method", "GET"), tag("n", "1")],
            state: TraceState::Success,
            ..all.clone()
        },
        SegmentFilter {
            keyword: Some("sel".into()),
            span_id: Some("0000000000000001".into()),
            state: TraceState::Error,
            order: Order::Duration,
            ..all.clone()
        },
        SegmentFilter { min_duration: Some(5), tags: vec![tag("db.statement", "select 3")], ..all },
    ]
}

fn read(block: &Block) -> Result<SpanAppend> {
    for filter in filters() {
        // Whatever comes of it: the others are asked as well.
        let _ = block.search(&filter, &[], None, 5, None);
    }
    let rows = block.rows()?;
    for segment in rows.batch.segments.iter().take(3) {
        let _ = block.trace(rows.batch.text(segment.trace_id));
    }
    Ok(rows)
}

fn all(file: Vec<u8>) -> Result<Vec<SpanAppend>> {
    let len = file.len() as u64;
    let part = Part::open(Arc::new(Bytes::from(file)), len)?;
    assert!(part.memory() < 64 << 20, "{} bytes for a file of {len}", part.memory());
    let mut blocks = Vec::new();
    for number in 0..part.len() {
        let rows = read(&part.block(number)?)?;
        for segment in rows.batch.segments.iter().take(3) {
            let _ = part.blocks_of(trace_hash(rows.batch.bytes_at(segment.trace_id)));
        }
        blocks.push(rows);
    }
    Ok(blocks)
}

fuzz_target!(|input: &[u8]| {
    let Some((which, changes)) = input.split_first() else { return };
    let parts = parts();
    let file = match which % 4 {
        3 => changes.to_vec(),
        which => edits::edited(&parts[usize::from(which)], changes),
    };
    if let Ok(blocks) = all(file) {
        // As a merge does it.
        all(written(blocks)).expect("what was read is written and read again");
    }
});
