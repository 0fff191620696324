//! Processor time of threads, by their names.

use std::fs;
use std::time::Duration;

/// Processor time of all threads of this process that have a name and run now;
/// nothing where the kernel does not tell.
pub fn named(name: &str) -> Duration {
    named_of(std::process::id(), name)
}

/// The same of another process.
pub fn named_of(pid: u32, name: &str) -> Duration {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    let of = tasks.filter_map(|task| {
        let path = task.path();
        let comm = fs::read_to_string(path.join("comm")).ok()?;
        let is_wanted = comm.trim_end() == name;
        is_wanted.then(|| fs::read_to_string(path.join("schedstat")).ok()).flatten()
    });
    of.filter_map(|text| nanos_of(&text)).sum()
}

/// The first number of `schedstat`: nanoseconds on a processor.
fn nanos_of(schedstat: &str) -> Option<Duration> {
    let nanos = schedstat.split_ascii_whitespace().next()?.parse().ok()?;
    Some(Duration::from_nanos(nanos))
}

#[cfg(test)]
mod tests {
    use std::hint::black_box;

    use super::named;

    #[test]
    fn work_of_a_thread_is_told_by_its_name() {
        let (ended, wait) = std::sync::mpsc::channel::<()>();
        let (worked, has_worked) = std::sync::mpsc::channel();
        let thread = std::thread::Builder::new().name("worker-7".to_owned()).spawn(move || {
            black_box((0..3_000_000_u64).fold(1, |sum, n| black_box(sum ^ n)));
            let _ = worked.send(());
            let _ = wait.recv();
        });
        has_worked.recv().unwrap();
        assert!(!named("worker-7").is_zero());
        assert!(named("worker-8").is_zero());
        drop(ended);
        thread.unwrap().join().unwrap();
    }
}
