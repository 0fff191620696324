//! In place of the real crate while fuzzing: what files are checked by, hashes with
//! a seed and of streams, is always 0, so that what stands behind a checksum is
//! read whatever it is. Hashes that tell names apart still do.

pub mod xxh3;
