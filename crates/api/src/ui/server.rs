//! How the server itself is.

use super::json::fields;

/// What a receiver took and did not take since the start, in messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Receiver {
    /// Name of the signal: `segment`, `jvm`…
    pub name: String,
    /// Where it is sent to.
    pub address: String,
    /// Everything that was counted.
    pub received: u64,
    /// Kept.
    pub stored: u64,
    /// Wrong.
    pub refused: u64,
    /// Right, and not taken; by reason.
    pub dropped: Vec<Dropped>,
}

/// Messages that were not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// Why.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// Why nothing is taken, and what helps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: String,
    /// What to do.
    pub action: String,
}

/// What the store holds of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Name of the kind: `spans`, `metrics`…
    pub kind: String,
    /// Bytes.
    pub bytes: u64,
    /// Rows.
    pub rows: u64,
    /// The earliest time of a row, milliseconds since the Unix epoch; none where nothing is in files
    /// yet, or it is not known.
    pub oldest: Option<i64>,
}

/// What the files of the store take, and of which disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Disk {
    /// By kind.
    pub kinds: Vec<Held>,
    /// Days of UTC as `YYYY-MM-DD`, the newest first, and the bytes of their rows; none where there
    /// are no files.
    pub days: Option<Vec<(String, u64)>>,
    /// Bytes that the disk has left.
    pub free: Option<u64>,
    /// Bytes of the disk.
    pub total: Option<u64>,
}

/// What the server says about itself.
pub trait ServerSource: Send + Sync {
    /// Time since the start, milliseconds.
    fn uptime(&self) -> u64;

    /// What was received since the start, by signal.
    fn receivers(&self) -> Vec<Receiver>;

    /// Bytes that the store holds; none where it does not count them.
    fn stored_bytes(&self) -> Option<u64>;

    /// Why nothing is taken now; none while data is taken. MUST answer at once.
    fn refusal(&self) -> Option<Refusal>;

    /// What the store holds, and what is left of the disk.
    fn disk(&self) -> Disk;
}

/// How the server is, in a few numbers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Health {
    pub(crate) received_per_second: Option<f64>,
    pub(crate) stored: u64,
    pub(crate) refused: u64,
    pub(crate) dropped: Vec<Dropped>,
    pub(crate) disk_bytes: Option<u64>,
    pub(crate) disk_days: Option<i32>,
}

impl Receiver {
    /// Messages that were not taken.
    pub(crate) fn lost(&self) -> u64 {
        self.dropped.iter().map(|one| one.count).sum()
    }
}

/// What was not taken by any receiver, by reason.
pub(crate) fn reasons(receivers: &[Receiver]) -> Vec<Dropped> {
    let mut reasons: Vec<Dropped> = Vec::new();
    for one in receivers.iter().flat_map(|receiver| &receiver.dropped) {
        match reasons.iter_mut().find(|known| known.reason == one.reason) {
            Some(known) => known.count += one.count,
            None => reasons.push(one.clone()),
        }
    }
    reasons
}

impl Health {
    /// From what a server says. Rates are averages since the start.
    pub(crate) fn of(server: &dyn ServerSource, days: i32) -> Self {
        let receivers = server.receivers();
        let sum = |of: fn(&Receiver) -> u64| receivers.iter().map(of).sum::<u64>();
        let seconds = server.uptime() as f64 / 1e3;
        let dropped = reasons(&receivers);
        Self {
            received_per_second: (seconds > 0.0).then(|| sum(|one| one.received) as f64 / seconds),
            stored: sum(|one| one.stored),
            refused: sum(|one| one.refused),
            dropped,
            disk_bytes: server.stored_bytes(),
            disk_days: Some(days),
        }
    }
}

fields!(Health as it {
    "receivedPerSecond" => it.received_per_second,
    "stored" => it.stored,
    "refused" => it.refused,
    "dropped" => it.dropped,
    "diskBytes" => it.disk_bytes,
    "diskDays" => it.disk_days,
});

fields!(Dropped as it { "reason" => it.reason, "count" => it.count });

fields!(Held as it {
    "kind" => it.kind,
    "bytes" => it.bytes,
    "rows" => it.rows,
    "oldest" => it.oldest,
});
