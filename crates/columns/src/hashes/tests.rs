use bytes::Bytes;
use xxhash_rust::xxh3::xxh3_64;

use super::*;
use crate::fetch::Fetch;
use crate::group::GroupWriter;

const KIND: HashKind = HashKind { frame: *b"HASH", bits: 40 };

fn hash(n: u32) -> u64 {
    xxh3_64(&n.to_le_bytes())
}

/// An index, and the file that it stands in from byte 5 on.
fn index(kind: HashKind, entries: impl IntoIterator<Item = (u64, u32)>) -> (HashIndex, Bytes) {
    let mut out = vec![9; 5];
    let pages = put_pages(kind, entries, &mut GroupWriter::new(1), &mut out);
    (HashIndex::new(kind, 5, pages).unwrap(), out.into())
}

#[test]
fn numbers_of_a_hash_are_found_across_pages() {
    let many = (0..3_000).map(|n| (hash(7), 100 + n));
    let all = (0..5_000).map(|n| (hash(n), n % 60)).chain(many).chain([(hash(8), 8)]);
    let (index, file) = index(KIND, all);
    assert_eq!(index.room(), 8_000_usize.next_multiple_of(PAGE));
    assert_eq!(index.range(), 5..file.len() as u64);
    assert_eq!(index.find(hash(42), &file).unwrap(), [42]);
    assert_eq!(index.find(hash(8), &file).unwrap(), [8]);
    assert!(index.find(hash(7), &file).unwrap().into_iter().eq([7].into_iter().chain(100..3_100)));
    assert!((5_000..6_000).all(|n| index.find(hash(n), &file).unwrap().is_empty()));
    let kind = HashKind { frame: *b"HASX", ..KIND };
    let other = HashIndex::new(kind, 5, [Page { first: 0, len: 900 }]).unwrap();
    assert!(other.find(hash(42), &file).is_err());
    assert!(other.read(0, &file, (&mut Vec::new(), &mut Vec::new())).is_err());
    assert!(HashIndex::new(KIND, 5, [Page { first: 0, len: u64::MAX }]).is_err());
    assert!(HashIndex::default().find(1, &file).unwrap().is_empty());
}

#[test]
fn few_bits_take_few_bytes_and_seldom_err() {
    let all = || (0..20_000).map(|n| (hash(n), n % 16));
    let (wide, wide_file) = index(KIND, all());
    let kind = HashKind { bits: 24, ..KIND };
    let (narrow, narrow_file) = index(kind, all());
    assert!(narrow_file.len() + 20_000 * 2 - 2_000 < wide_file.len());
    assert!((0..20_000).all(|n| narrow.find(hash(n), &narrow_file).unwrap().contains(&(n % 16))));
    let wrong =
        (20_000..60_000).filter(|n| !narrow.find(hash(*n), &narrow_file).unwrap().is_empty());
    assert!((20..120).contains(&wrong.count()));
    assert!(wide.find(hash(20_000), &wide_file).unwrap().is_empty());
}

#[test]
fn a_merge_is_the_index_of_all() {
    let part = |first: u32, count: u32| (first..first + count).map(|n| (hash(n), n % 7));
    let (a, a_file) = index(KIND, part(0, 150_000));
    let (b, b_file) = index(KIND, part(100_000, 90_000));
    let (c, c_file) = index(KIND, []);
    let inputs: [(&HashIndex, &dyn Fetch, u32); 3] =
        [(&a, &a_file, 0), (&c, &c_file, 3), (&b, &b_file, 7)];
    let mut out = vec![9; 5];
    let mut put = |bytes: &[u8]| {
        out.extend_from_slice(bytes);
        Ok(())
    };
    let mut seen = Vec::new();
    let mut see = |hash| seen.push(hash);
    let pages = put_merged(KIND, &inputs, &mut GroupWriter::new(1), &mut see, &mut put).unwrap();
    let shifted = part(100_000, 90_000).map(|(hash, number)| (hash, number + 7));
    let (all, file) = index(KIND, part(0, 150_000).chain(shifted));
    assert_eq!(seen.len(), 240_000);
    let (mut hashes, mut numbers) = (Vec::new(), Vec::new());
    assert!(all.read(234, &file, (&mut hashes, &mut numbers)).unwrap());
    assert!(hashes.iter().all(|hash| seen.contains(&hash.cast_unsigned())));
    assert!(!all.read(235, &file, (&mut hashes, &mut numbers)).unwrap());
    assert_eq!(Bytes::from(out), file);
    assert_eq!(HashIndex::new(KIND, 5, pages).unwrap().room(), all.room());
    // A source with more bits of each hash loses those that do not count.
    let wide = HashKind { bits: 44, ..KIND };
    let entries = part(100_000, 90_000);
    let (wide, wide_file) = self::index(wide, entries);
    let inputs: [(&HashIndex, &dyn Fetch, u32); 2] = [(&a, &a_file, 0), (&wide, &wide_file, 7)];
    let mut narrow = vec![9; 5];
    let mut put = |bytes: &[u8]| {
        narrow.extend_from_slice(bytes);
        Ok(())
    };
    put_merged(KIND, &inputs, &mut GroupWriter::new(1), &mut |_| (), &mut put).unwrap();
    assert_eq!(Bytes::from(narrow), file);
    let mut damaged = b_file.to_vec();
    damaged[b_file.len() / 2] ^= 1;
    let damaged = Bytes::from(damaged);
    let inputs: [(&HashIndex, &dyn Fetch, u32); 1] = [(&b, &damaged, 7)];
    assert!(
        put_merged(KIND, &inputs, &mut GroupWriter::new(1), &mut |_| (), &mut |_| Ok(())).is_err()
    );
    let inputs: [(&HashIndex, &dyn Fetch, u32); 1] = [(&b, &b_file, u32::MAX)];
    assert!(
        put_merged(KIND, &inputs, &mut GroupWriter::new(1), &mut |_| (), &mut |_| Ok(())).is_err()
    );
}
