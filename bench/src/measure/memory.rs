//! Memory of a process as the kernel counts it.

use std::fs;

use anyhow::{Context, Result};

/// Bytes in a mebibyte.
pub const MIB: f64 = 1_048_576.0;

/// Resident memory, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Resident {
    /// Now (`VmRSS`).
    pub now: u64,
    /// The most there ever was (`VmHWM`).
    pub peak: u64,
}

/// Resident memory of a process.
pub fn of_process(pid: u32) -> Result<Resident> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))
        .with_context(|| format!("process {pid} is gone"))?;
    parse(&text).with_context(|| format!("process {pid} has no memory left; it has ended"))
}

fn parse(status: &str) -> Option<Resident> {
    let bytes_of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        let kib: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
        Some(kib * 1024)
    };
    Some(Resident { now: bytes_of("VmRSS:")?, peak: bytes_of("VmHWM:")? })
}

/// Growth in bytes per minute: the slope of the line through samples of
/// seconds and bytes that lies closest to them. None for less than two moments.
pub fn slope_per_minute(samples: &[(f64, u64)]) -> Option<f64> {
    let count = samples.len() as f64;
    let mean_x = samples.iter().map(|sample| sample.0).sum::<f64>() / count;
    let mean_y = samples.iter().map(|sample| sample.1 as f64).sum::<f64>() / count;
    let spread: f64 = samples.iter().map(|sample| (sample.0 - mean_x).powi(2)).sum();
    let joint: f64 =
        samples.iter().map(|sample| (sample.0 - mean_x) * (sample.1 as f64 - mean_y)).sum();
    (spread > 0.0).then(|| joint / spread * 60.0)
}

#[cfg(test)]
mod tests {
    use super::{Resident, parse, slope_per_minute};

    #[test]
    fn resident_memory_is_read_in_bytes() {
        let status = "Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(parse(status), Some(Resident { now: 1 << 20, peak: 2 << 20 }));
        assert_eq!(parse("Name:\tzombie\n"), None);
    }

    #[test]
    fn a_slope_needs_two_moments() {
        assert_eq!(slope_per_minute(&[(0.0, 100), (60.0, 160), (120.0, 220)]), Some(60.0));
        assert_eq!(slope_per_minute(&[(5.0, 100)]), None);
        assert_eq!(slope_per_minute(&[]), None);
    }
}
