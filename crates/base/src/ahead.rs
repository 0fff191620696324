//! Memory that is read before it is needed.

/// Brings places all over the memory into the cache by reading a little of
/// each. Nothing between the reads depends on what they give, so the processor
/// waits for all of them at once, and later for none.
#[inline]
pub fn read_ahead(reads: impl Iterator<Item = u32>) {
    // The compiler would leave reads out that nobody uses the result of.
    std::hint::black_box(reads.fold(0, |seen, read| seen ^ read));
}
