//! Runs of frames of a block.

/// Runs of frames that a block is divided into, at most.
const RUNS: u32 = 32;

/// Numbers of a block: each run of frames, and all of them.
pub(super) const NUMBERS: u32 = RUNS + 1;

/// Runs of frames of a block: each has as many frames, so that there are 32 or fewer of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Granules(u32);

/// Frames of a run, of a block with so many.
fn width(frames: usize) -> usize {
    frames.div_ceil(RUNS as usize).max(1)
}

impl Granules {
    /// All frames.
    pub(crate) const ALL: Self = Self(u32::MAX);

    /// The run with a frame, of a block with so many.
    pub(super) fn run_of(frame: usize, frames: usize) -> u32 {
        ((frame / width(frames)) as u32).min(RUNS - 1)
    }

    /// By a number below [`NUMBERS`].
    pub(super) fn of(number: u32) -> Self {
        1_u32.checked_shl(number).map_or(Self::ALL, Self)
    }

    pub(super) fn add(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Whether a frame is in them, of a block with so many.
    pub(crate) fn has(self, frame: usize, frames: usize) -> bool {
        self.0 >> Self::run_of(frame, frames) & 1 != 0
    }

    /// How many.
    pub(crate) fn count(self) -> u32 {
        self.0.count_ones()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_frame_is_in_one_run() {
        for frames in [1, 31, 32, 33, 64, 65, 1_000] {
            for frame in 0..frames {
                let run = Granules::run_of(frame, frames);
                assert!((0..RUNS).all(|of| Granules::of(of).has(frame, frames) == (of == run)));
                assert!(Granules::of(RUNS).has(frame, frames));
                assert!(!Granules::default().has(frame, frames));
            }
            assert!(frames > 32 || Granules::of(3).count() == 1);
        }
        let mut both = Granules::of(3);
        both.add(Granules::of(5));
        assert!(both.has(5, 20) && both.has(3, 20) && !both.has(4, 20));
    }
}
