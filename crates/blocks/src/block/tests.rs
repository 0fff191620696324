//! Whoever makes right checksums can write anything: it must be read without panic, and within bounds.

use std::sync::OnceLock;

use bytes::Bytes;
use skytrail_storage::contract::build::{append, entry, link, segment};
use skytrail_storage::{SegmentFilter, TagFilter};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::*;
use crate::row::{Limits, Row};
use crate::seal::{PartWriter, Sealed};

fn sealed() -> Sealed {
    let java = |n: u32| format!("0123456789abcdef0123456789abcdef.{n}.1773100800000{n:04}");
    let many = (0..12).map(|n| entry(format!("op-{n}")).at(n).tag("n", n).tag("t", "x").under(-1));
    let spans = append([
        segment(java(1), java(1)).of("a", "a-1").with(many),
        segment(java(1), java(2)).of("b", "b-1").resource("host", "x").resource("cores", 4).with([
            entry("op")
                .linked(link(&java(1), &java(1), 2).parent("a", "a-1", "op-0"))
                .tag("f", 0.5),
            entry("op").event(5, "name", &[("stack", "at x")]).tag("bytes", "text").failed(),
        ]),
        segment("0123456789abcdef0123456789abcdef", "free").with([
            entry("c").ids("0123456789abcdef", "fedcba9876543210").linked(link("other", "else", 0)),
            entry("d").ids("free", "0123456789abcdef").w3c(1, "a=b"),
        ]),
    ]);
    let rows: Vec<_> =
        spans.entries.iter().map(|entry| Row { batch: &spans.batch, entry }).collect();
    PartWriter::new(Limits::default()).seal(&rows)
}

fn read_all(block: &Block) {
    let _ = block.rows();
    let _ = block.trace("0123456789abcdef0123456789abcdef");
    let plain = SegmentFilter { from: i64::MIN, to: i64::MAX, ..SegmentFilter::default() };
    let tag = |key: &str| vec![TagFilter { key: key.to_owned(), value: Some("x".to_owned()) }];
    let filters = [
        plain.clone(),
        SegmentFilter { tags: tag("t"), ..plain.clone() },
        SegmentFilter { keyword: Some("op-7".to_owned()), ..plain.clone() },
        SegmentFilter { span_id: Some("nowhere".to_owned()), ..plain },
    ];
    for filter in filters {
        let _ = block.search(&filter, &[], None, 3, None);
    }
}

fn checksum(frame: &mut [u8], kind: [u8; 4]) -> u64 {
    let seed = u64::from(u32::from_le_bytes(kind)) << 32;
    let checksum = xxh3_64_with_seed(&frame[8..], seed);
    frame[..8].copy_from_slice(&checksum.to_le_bytes());
    checksum
}

fn block_of(sealed: &Sealed, bytes: Vec<u8>) -> Block {
    let bytes = Bytes::from(bytes);
    let place = 0..bytes.len() as u64;
    let home = Home::sealed(sealed.dictionary.clone());
    Block::new(Arc::new(bytes), place, sealed.head as u64, None, home, sealed.summary.clone())
}

#[test]
fn a_forged_head_does_not_panic() {
    let sealed = sealed();
    for place in 8..sealed.head {
        for flip in [1, 2, 4, 0x10, 0x40, 0x80, 0xff] {
            let mut bytes = sealed.bytes.to_vec();
            bytes[place] ^= flip;
            checksum(&mut bytes[..sealed.head], *b"HEAD");
            read_all(&block_of(&sealed, bytes));
        }
    }
}

#[test]
fn a_forged_frame_does_not_panic() {
    let sealed = sealed();
    let whole = block_of(&sealed, sealed.bytes.to_vec());
    assert_eq!(whole.rows().unwrap().batch.spans.len(), 16);
    for place in sealed.head + 8..sealed.bytes.len() {
        for flip in [1, 2, 4, 0x10, 0x40, 0x80, 0xff] {
            let mut bytes = sealed.bytes.to_vec();
            bytes[place] ^= flip;
            let checksum = checksum(&mut bytes[sealed.head..], *b"SPAN");
            let mut block = block_of(&sealed, bytes);
            let mut head = block
                .head()
                .map(|_| ())
                .ok()
                .and_then(|()| Arc::get_mut(&mut block.head)?.take())
                .unwrap();
            head.frames[0].checksum = checksum;
            block.head = Arc::new(OnceLock::from(head));
            read_all(&block);
        }
    }
}
