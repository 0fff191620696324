//! Ids in the form of the Java agent.

/// The id generator of one process: `PROCESS.THREAD.NUMBER`, where the process is 32 hexadecimal
/// digits and the number is Unix milliseconds times 10,000 plus a counter from 0 to 9,999.
#[derive(Debug, Clone)]
pub(crate) struct JavaIds {
    process: String,
    counter: i64,
}

/// Values of the counter before it starts again.
const COUNTER_SIZE: i64 = 10_000;

impl JavaIds {
    /// `process` is what tells this process from all others.
    pub(crate) fn new(process: String) -> Self {
        Self { process, counter: 0 }
    }

    /// The next id. Ids are unique as long as fewer than 10,000 are made within a millisecond.
    pub(crate) fn next(&mut self, thread: u32, unix_millis: i64) -> String {
        let number = unix_millis.saturating_mul(COUNTER_SIZE).saturating_add(self.counter);
        self.counter = (self.counter + 1) % COUNTER_SIZE;
        format!("{}.{thread}.{number}", self.process)
    }
}

#[cfg(test)]
mod tests {
    use super::JavaIds;

    #[test]
    fn ids_count_within_a_millisecond() {
        let mut ids = JavaIds::new("8aef1fa5ce0c485f83ee03497ee9c4a3".to_owned());
        let first = ids.next(37, 1_795_322_223_711);
        assert_eq!(first, "8aef1fa5ce0c485f83ee03497ee9c4a3.37.17953222237110000");
        assert!(ids.next(37, 1_795_322_223_711).ends_with(".17953222237110001"));
    }
}
