//! Processor time, which other processes on the machine disturb less than the
//! wall clock.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::time::{ClockId, clock_gettime};

/// Processor time of the calling thread.
pub fn of_thread() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// Processor time of the thread that `work` takes.
pub fn spent(work: impl FnOnce()) -> Duration {
    let before = of_thread();
    work();
    of_thread().saturating_sub(before)
}

/// Processor time of a process and all its threads, in user and kernel mode,
/// as `/proc/PID/stat` counts it: in ticks, of which a second has 100.
pub fn of_process(pid: u32) -> Result<Duration> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))
        .with_context(|| format!("process {pid} is gone"))?;
    let ticks = ticks_of(&text).with_context(|| format!("/proc/{pid}/stat reads otherwise"))?;
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Ok(Duration::from_secs_f64(ticks as f64 / per_second as f64))
}

/// `utime + stime`. The second field is the name of the program in
/// parentheses and may hold anything, so fields are counted from its end.
fn ticks_of(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

#[cfg(test)]
mod tests {
    use super::{of_process, spent, ticks_of};

    #[test]
    fn a_program_may_be_called_anything() {
        let stat = "7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 31 11 0 0 20 0 1 0 100 1 2";
        assert_eq!(ticks_of(stat), Some(42));
        assert_eq!(ticks_of("7 (a) S 1"), None);
    }

    #[test]
    fn work_takes_time_and_a_gone_process_is_an_error() {
        let mut sum = 0_u64;
        let taken = spent(|| sum = (0..3_000_000_u64).fold(1, |sum, n| sum.wrapping_mul(n | 1)));
        assert!(sum != 0 && !taken.is_zero());
        assert!(of_process(std::process::id()).is_ok());
        assert!(of_process(u32::MAX).is_err());
    }
}
