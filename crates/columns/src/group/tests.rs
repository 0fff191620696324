use bytes::Bytes;

use super::*;
use crate::frame::Seed;

const SEED: Seed = Seed::new(*b"TEST", 3);

fn numbers(step: i64) -> Vec<i64> {
    (0..200).map(|n| (n * n * step) % 1_009).collect()
}

fn written() -> Bytes {
    let mut writer = GroupWriter::new(1);
    let mut out = Vec::new();
    writer.ints(2, &numbers(7), Access::Random);
    writer.ints(3, &vec![4; 200], Access::Scan);
    writer.ints(5, &(0..200).map(|n| n % 2 * (n % 97)).collect::<Vec<_>>(), Access::All);
    writer.texts(9, (0..200).map(|n| if n % 3 == 0 { &b"some text"[..] } else { b"" }));
    writer.blobs(300, &[[1_u8, 2, 3], [4, 5, 6]]);
    writer.texts(301, []);
    writer.ints(302, &[], Access::All);
    writer.finish(SEED, &mut out);
    out.into()
}

fn open(bytes: &Bytes) -> crate::Result<Group> {
    Group::open("test", SEED, bytes, 200, 1 << 20)
}

/// Reads everything there may be.
fn read_all(group: &Group) -> crate::Result<()> {
    for (id, _) in group.columns() {
        let ints = group.ints(id).map(|_| ());
        let texts = group.texts(id).map(|_| ());
        let blobs = group.blobs::<3>(id).map(|_| ());
        ints.or(texts).or(blobs)?;
    }
    Ok(())
}

#[test]
fn columns_come_back() {
    let group = open(&written()).unwrap();
    assert!(group.ints_of(2, 200).unwrap().iter().eq(numbers(7)));
    assert_eq!(group.ints_of(3, 200).unwrap().as_constant(), Some(4));
    assert_eq!(group.ints_of(5, 200).unwrap().get(95), Some(95));
    let texts = group.texts_of(9, 200).unwrap();
    assert_eq!(
        (texts.get(3), texts.get(4), texts.get(200)),
        (Some(&b"some text"[..]), Some(&b""[..]), None)
    );
    assert_eq!(group.blobs::<3>(300).unwrap().unwrap(), [[1, 2, 3], [4, 5, 6]]);
    assert!(group.texts_of(301, 0).unwrap().is_empty());
    assert!(group.ints_of(302, 0).unwrap().is_empty());
    assert!(group.ints(4).unwrap().is_none());
    assert!(group.ints(9).is_err() && group.texts(2).is_err() && group.blobs::<2>(300).is_err());
    assert!(group.ints_of(2, 199).is_err());
}

#[test]
fn a_writer_begins_anew() {
    let mut writer = GroupWriter::new(1);
    let (mut first, mut second) = (Vec::new(), Vec::new());
    writer.ints(1, &[1, 2], Access::Scan);
    writer.finish(SEED, &mut first);
    writer.ints(1, &[1, 2], Access::Scan);
    writer.finish(SEED, &mut second);
    assert_eq!(first, second);
}

#[test]
fn another_frame_does_not_pass_for_it() {
    let bytes = written();
    assert!(Group::open("test", Seed::new(*b"TEST", 4), &bytes, 200, 1 << 20).is_err());
    assert!(Group::open("test", SEED, &bytes, 199, 1 << 20).is_err());
    assert!(Group::open("test", SEED, &bytes, 200, 100).is_err());
}

#[test]
fn every_flipped_byte_is_detected() {
    let bytes = written();
    for place in 0..bytes.len() {
        for flip in [1, 0x80, 0xff] {
            let mut damaged = bytes.to_vec();
            damaged[place] ^= flip;
            assert!(open(&damaged.into()).is_err(), "byte {place}");
        }
    }
    for len in 0..bytes.len() {
        assert!(open(&bytes.slice(..len)).is_err(), "length {len}");
    }
}

/// A hostile writer makes right checksums.
#[test]
fn damage_under_a_right_checksum_does_not_panic() {
    let bytes = written();
    for place in 8..bytes.len() {
        for flip in [1, 2, 0x40, 0x80, 0xff] {
            let mut damaged = bytes.to_vec();
            damaged[place] ^= flip;
            let seed = u64::from(u32::from_le_bytes(*b"TEST")) << 32 | 3;
            let checksum = xxhash_rust::xxh3::xxh3_64_with_seed(&damaged[8..], seed);
            damaged[..8].copy_from_slice(&checksum.to_le_bytes());
            let _ = open(&damaged.into()).and_then(|group| read_all(&group));
        }
    }
}
