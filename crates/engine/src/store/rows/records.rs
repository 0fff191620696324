//! Records in memory, as they came.

use skytrail_model::record::TopRecord;

use crate::store::memtable::Rows;

#[derive(Debug, Default)]
pub(crate) struct RecordRows {
    rows: Vec<TopRecord>,
    bytes: usize,
}

impl Rows for RecordRows {
    fn bytes(&self) -> usize {
        self.bytes
    }

    fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

impl RecordRows {
    pub(crate) fn push(&mut self, record: TopRecord) {
        let text = record.id.capacity() + record.statement.capacity() + record.trace_id.capacity();
        self.bytes += text + size_of::<TopRecord>();
        self.rows.push(record);
    }

    /// Records of times before one.
    pub(crate) fn before(&self, time: i64) -> u64 {
        self.rows.iter().filter(|record| record.time < time).count() as u64
    }

    pub(crate) fn rows(&self) -> &[TopRecord] {
        &self.rows
    }
}
