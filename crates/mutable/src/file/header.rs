//! The first page: what file this is, and how far it was durable when it was
//! last written.
//!
//! The database behind it says with one bit which of its two last states holds,
//! and no checksum covers that bit. So the page names the last state that was
//! durable: an older one is damage. It is written after the state is durable,
//! becomes durable with the next one, and has two places in turn, so that one
//! of them is whole at any time.

use std::io;

use skytrail_base::fs::File;
use xxhash_rust::xxh3::xxh3_64;

/// Bytes before the database.
pub(crate) const HEADER_BYTES: u64 = 4096;

/// What the file begins with.
pub(crate) const MAGIC: [u8; 8] = *b"SKYTMUT\0";

/// The layout of the file so far.
pub(crate) const VERSION: u32 = 1;

/// Far enough apart for no write to hit both.
const PLACES: [u64; 2] = [0, 2048];

/// Magic, version, four bytes of zeros, sequence, checksum of what is before it.
const MARK_BYTES: usize = 32;

/// What the page says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    /// The state of this sequence was durable, and maybe a later one.
    Mark(u64),
    /// The file is of a version that is not known here.
    Version(u32),
    /// Neither place holds a mark.
    Damaged,
}

pub(super) fn mark(version: u32, sequence: u64) -> [u8; MARK_BYTES] {
    let mut mark = [0; MARK_BYTES];
    let fields = MAGIC.into_iter().chain(version.to_le_bytes()).chain([0; 4]);
    let fields = fields.chain(sequence.to_le_bytes());
    mark.iter_mut().zip(fields).for_each(|(into, byte)| *into = byte);
    let fields = mark.split_last_chunk::<8>().map_or(&[][..], |(fields, _)| fields);
    let sum = xxh3_64(fields);
    if let Some(place) = mark.last_chunk_mut() {
        *place = sum.to_le_bytes();
    }
    mark
}

/// Version and sequence.
fn read_mark(bytes: &[u8]) -> Option<(u32, u64)> {
    let version = u32::from_le_bytes(*bytes.get(8..)?.first_chunk()?);
    let sequence = u64::from_le_bytes(*bytes.get(16..)?.first_chunk()?);
    (bytes == mark(version, sequence)).then_some((version, sequence))
}

/// Says that the state of a sequence is durable.
pub(crate) fn write(file: &dyn File, sequence: u64) -> io::Result<()> {
    let place = PLACES.get((sequence % 2) as usize).copied().unwrap_or_default();
    file.write_at(&mark(VERSION, sequence), place)
}

/// Begins a file. Both places hold a mark from the start, so that the next one
/// may be torn.
pub(crate) fn begin(file: &dyn File, sequence: u64) -> io::Result<()> {
    file.set_len(HEADER_BYTES)?;
    write(file, sequence.saturating_sub(1))?;
    write(file, sequence)
}

/// Reads the page.
pub(crate) fn read(file: &dyn File) -> io::Result<Header> {
    let mut found: Option<(u64, u32)> = None;
    for place in PLACES {
        let mut bytes = [0; MARK_BYTES];
        let read = file.read_at(&mut bytes, place)?;
        let mark = bytes.get(..read).and_then(read_mark);
        found = found.max(mark.map(|(version, sequence)| (sequence, version)));
    }
    Ok(match found {
        Some((sequence, VERSION)) => Header::Mark(sequence),
        Some((_, version)) => Header::Version(version),
        None => Header::Damaged,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use skytrail_base::fs::FileSystem;
    use skytrail_base::fs::sim::SimFileSystem;

    use super::{Header, MARK_BYTES, PLACES, begin, mark, read, write};

    #[test]
    fn the_last_mark_counts_and_one_damaged_place_does_not_matter() {
        let disk = SimFileSystem::new();
        let path = Path::new("m");
        let file = disk.create(path).unwrap();
        assert_eq!(read(&*file).unwrap(), Header::Damaged);
        begin(&*file, 4).unwrap();
        assert_eq!(read(&*file).unwrap(), Header::Mark(4));
        write(&*file, 5).unwrap();
        assert_eq!(read(&*file).unwrap(), Header::Mark(5));
        for (place, left) in PLACES.into_iter().zip([5, 4]) {
            for bit in 0..MARK_BYTES as u64 * 8 {
                disk.flip_bit(path, place * 8 + bit).unwrap();
                assert_eq!(read(&*file).unwrap(), Header::Mark(left));
                disk.flip_bit(path, place * 8 + bit).unwrap();
            }
        }
        file.write_at(&mark(7, 6), PLACES[0]).unwrap();
        assert_eq!(read(&*file).unwrap(), Header::Version(7));
        file.write_at(&[0; 4096], 0).unwrap();
        assert_eq!(read(&*file).unwrap(), Header::Damaged);
    }
}
