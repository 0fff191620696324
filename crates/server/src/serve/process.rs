//! What the process takes of its machine, under the names that Prometheus' client libraries use.
//! <https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>

use std::fmt;
use std::fs;
use std::sync::atomic::AtomicU64;

use skytrail_base::metrics::encoding::{DescriptorEncoder, EncodeMetric};
use skytrail_base::metrics::{Collector, Counter, Gauge};

/// Clock ticks of a second in `/proc`, on every Linux.
const TICKS: f64 = 100.0;

/// Reads `/proc/self` when it is asked; where there is none, it has no series.
#[derive(Debug)]
pub(super) struct Process;

impl Collector for Process {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let open = fs::read_dir("/proc/self/fd").ok().map(|entries| entries.count() as i64);
        let figures = [
            ("process_resident_memory_bytes", "Memory of the process", bytes(&status, "VmRSS:")),
            ("process_resident_memory_max_bytes", "The most it ever was", bytes(&status, "VmHWM:")),
            ("process_threads", "Threads", number(&status, "Threads:")),
            ("process_open_fds", "Open files and connections", open),
        ];
        for (name, help, value) in figures {
            let Some(value) = value else { continue };
            let gauge: Gauge = Gauge::default();
            gauge.set(value);
            gauge.encode(encoder.encode_descriptor(name, help, None, gauge.metric_type())?)?;
        }
        let Some(ticks) = ticks(&stat) else { return Ok(()) };
        let seconds = Counter::<f64, AtomicU64>::default();
        seconds.inc_by(ticks as f64 / TICKS);
        let help = "Processor time, that of the system included";
        let metric = seconds.metric_type();
        seconds.encode(encoder.encode_descriptor("process_cpu_seconds", help, None, metric)?)
    }
}

/// The number of a line of `/proc/self/status`.
fn number(status: &str, name: &str) -> Option<i64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The same of a line in KiB.
fn bytes(status: &str, name: &str) -> Option<i64> {
    number(status, name)?.checked_mul(1024)
}

/// Fields 14 and 15 of `/proc/self/stat`, counted behind the name, which may hold anything.
fn ticks(stat: &str) -> Option<u64> {
    let (_, behind) = stat.rsplit_once(')')?;
    let mut fields = behind.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    user.checked_add(system)
}

#[cfg(test)]
mod tests {
    use skytrail_base::metrics::Registry;

    use super::{Process, bytes, number, ticks};

    #[test]
    fn figures_are_read_as_the_kernel_writes_them() {
        let status = "Name:\tsky) trail\nVmHWM:\t  251000 kB\nVmRSS:\t  200000 kB\nThreads:\t10\n";
        assert_eq!(bytes(status, "VmRSS:"), Some(204_800_000));
        assert_eq!(number(status, "Threads:"), Some(10));
        assert_eq!(number(status, "VmSwap:"), None);
        let stat = "7 (sky) trail) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 10 0 99 1 2";
        assert_eq!(ticks(stat), Some(300));
        assert_eq!(ticks("7 (a) S 1"), None);
    }

    #[test]
    fn a_process_has_memory_files_and_processor_time() {
        let registry = Registry::default();
        registry.collect(Box::new(Process));
        let text = registry.encode();
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).unwrap();
            line.trim().parse::<f64>().unwrap()
        };
        assert!(value("process_resident_memory_bytes ") > 1e6, "{text}");
        assert!(value("process_open_fds ") >= 3.0 && value("process_threads ") >= 1.0);
        assert!(value("process_cpu_seconds_total ") >= 0.0);
    }
}
