//! Lists of slow statements and commands.

mod top;

pub use top::{Record, RecordCondition, TopNRecord, TopNRecordsCondition};
