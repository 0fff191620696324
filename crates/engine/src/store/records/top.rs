//! The best records so far.

use std::cmp::Ordering;
use std::collections::HashSet;

use skytrail_model::record::TopRecord;
use skytrail_storage::RecordRead;

/// Records that are kept before the best of them are chosen, in times of those
/// that are asked for.
const SLACK: usize = 2;

/// Collects what answers a question.
pub(crate) struct Top<'a> {
    read: &'a RecordRead,
    found: Vec<TopRecord>,
}

impl<'a> Top<'a> {
    pub(crate) fn new(read: &'a RecordRead) -> Self {
        Self { read, found: Vec::new() }
    }

    /// Takes a record if it is asked for.
    pub(crate) fn offer(&mut self, record: &TopRecord) {
        let read = self.read;
        let is_wanted = record.stream == read.stream
            && read.entity.is_none_or(|entity| entity == record.entity)
            && (read.from..=read.to).contains(&record.time);
        if !is_wanted {
            return;
        }
        self.found.push(record.clone());
        if self.found.len() > read.limit.saturating_mul(SLACK).saturating_add(64) {
            self.choose();
        }
    }

    /// The answer.
    pub(crate) fn finish(mut self) -> Vec<TopRecord> {
        self.choose();
        self.found
    }

    fn choose(&mut self) {
        let descending = self.read.descending;
        self.found.sort_by(|a, b| order(a, b, descending));
        let mut ids = HashSet::new();
        self.found.retain(|record| ids.insert(record.id.clone()));
        self.found.truncate(self.read.limit);
    }
}

/// By latency, then the newest, then by id.
fn order(a: &TopRecord, b: &TopRecord, descending: bool) -> Ordering {
    let latency = a.latency_ms.cmp(&b.latency_ms);
    let latency = if descending { latency.reverse() } else { latency };
    latency.then(b.time.cmp(&a.time)).then_with(|| a.id.cmp(&b.id))
}
