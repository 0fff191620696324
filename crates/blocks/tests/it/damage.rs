//! Damaged files are noticed, and nothing panics.

use std::sync::OnceLock;

use skytrail_blocks::{Block, Result, copy_parts, trace_hash};
use skytrail_storage::contract::build::{append, entry, segment};
use skytrail_storage::{SegmentFilter, TagFilter};

use crate::random::{file, open, seal, traffic};

/// Reads everything there may be.
fn read_block(block: &Block, filter: &SegmentFilter) -> Result<()> {
    let rows = block.rows()?;
    for segment in rows.batch.segments.iter().take(3) {
        block.trace(rows.batch.text(segment.trace_id))?;
    }
    block.search(filter, &[], None, 5, None)?;
    Ok(())
}

fn read_part(file: Vec<u8>) -> Result<()> {
    let part = open(file)?;
    let tag = TagFilter { key: "order".to_owned(), value: Some("0".to_owned()) };
    let filter = SegmentFilter {
        from: i64::MIN,
        to: i64::MAX,
        keyword: Some("get".to_owned()),
        tags: vec![tag],
        span_id: Some("x".to_owned()),
        ..SegmentFilter::default()
    };
    let plain = SegmentFilter { from: i64::MIN, to: i64::MAX, ..SegmentFilter::default() };
    // Reads every page of an index that has one page.
    part.tag_places(&filter)?;
    for number in 0..part.len() {
        let block = part.block(number)?;
        read_block(&block, &plain)?;
        block.search(&filter, &[], None, 5, None)?;
        for segment in &block.rows()?.batch.segments {
            part.blocks_of(trace_hash(block.rows()?.batch.bytes_at(segment.trace_id)))?;
        }
    }
    Ok(())
}

fn small() -> &'static [u8] {
    static FILE: OnceLock<Vec<u8>> = OnceLock::new();
    FILE.get_or_init(|| {
        let opaque = segment("0123456789abcdef0123456789abcdef", "x").of("c", "c-1").with([
            entry("a").ids("0123456789abcdef", "").tag("n", 5).tag("f", 0.5),
            entry("b").ids("0123456789abcdee", "0123456789abcdef"),
        ]);
        file(&seal(&[vec![traffic(9)], vec![traffic(2), append([opaque])]]))
    })
}

#[test]
fn every_flipped_byte_is_detected() {
    read_part(small().to_vec()).unwrap();
    for place in 0..small().len() {
        for flip in [1, 0x80, 0xff] {
            let mut file = small().to_vec();
            file[place] ^= flip;
            assert!(read_part(file).is_err(), "byte {place} of {}", small().len());
        }
    }
}

#[test]
fn every_other_length_is_detected() {
    for len in 0..small().len() {
        assert!(read_part(small()[..len].to_vec()).is_err(), "length {len}");
    }
    assert!(read_part([small(), b"x"].concat()).is_err());
}

/// A part of two others, of which the second begins with another dictionary.
fn copy(files: &[Vec<u8>]) -> Result<Vec<u8>> {
    let parts = files.iter().map(|file| open(file.clone())).collect::<Result<Vec<_>>>()?;
    let mut file = Vec::new();
    copy_parts(&parts.iter().collect::<Vec<_>>(), &mut |bytes| {
        file.extend_from_slice(bytes);
        Ok(())
    })?;
    Ok(file)
}

#[test]
fn no_damage_is_copied() {
    let other = file(&seal(&[vec![traffic(3)]]));
    for place in 0..small().len() {
        let mut file = small().to_vec();
        file[place] ^= 0x10;
        assert!(copy(&[other.clone(), file]).is_err(), "byte {place} of {}", small().len());
    }
}

#[test]
fn every_flipped_byte_of_a_copy_is_detected() {
    let whole = copy(&[small().to_vec(), file(&seal(&[vec![traffic(3)]]))]).unwrap();
    read_part(whole.clone()).unwrap();
    for place in 0..whole.len() {
        let mut file = whole.clone();
        file[place] ^= 0x10;
        assert!(read_part(file).is_err(), "byte {place} of {}", whole.len());
    }
}
