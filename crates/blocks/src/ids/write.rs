//! Columns of ids that are written.

use skytrail_columns::group::{Access, GroupWriter};
use skytrail_columns::texts::TextBuf;

use super::{CodedId, Kind, PER_MILLI};
use crate::layout::ids as column;

/// Columns of ids.
#[derive(Debug, Default)]
pub(crate) struct IdWriter {
    kinds: Vec<i64>,
    processes: Vec<i64>,
    threads: Vec<i64>,
    millis: Vec<i64>,
    counters: Vec<i64>,
    hex_32: Vec<[u8; 16]>,
    hex_16: Vec<[u8; 8]>,
    texts: TextBuf,
    rows: Vec<i64>,
}

impl IdWriter {
    /// Adds an id. Its time is kept less `millis`, its process only if it is not `process`, counted from 1.
    pub(crate) fn push(&mut self, id: CodedId<&[u8]>, process: u32, millis: i64) {
        let kind = match id {
            CodedId::Empty => Kind::Empty,
            CodedId::Java { process: own, thread, number } => {
                self.processes.push(if own == process { 0 } else { own.into() });
                self.threads.push(thread.into());
                self.millis.push((number / PER_MILLI).cast_signed().wrapping_sub(millis));
                self.counters.push((number % PER_MILLI).cast_signed());
                Kind::Java
            }
            CodedId::Hex32(bytes) => {
                self.hex_32.push(bytes);
                Kind::Hex32
            }
            CodedId::Hex16(bytes) => {
                self.hex_16.push(bytes);
                Kind::Hex16
            }
            CodedId::Text(text) => {
                self.texts.push(text);
                Kind::Text
            }
        };
        self.kinds.push(kind as i64);
    }

    /// Adds an id that is the one of another row.
    pub(crate) fn push_row(&mut self, row: i64) {
        self.rows.push(row);
        self.kinds.push(Kind::Row as i64);
    }

    /// Bytes of memory.
    pub(crate) fn memory(&self) -> usize {
        let numbers =
            [&self.kinds, &self.processes, &self.threads, &self.millis, &self.counters, &self.rows];
        let numbers: usize = numbers.iter().map(|numbers| numbers.capacity()).sum();
        numbers * size_of::<i64>()
            + self.hex_32.capacity() * 16
            + self.hex_16.capacity() * 8
            + self.texts.memory()
    }

    /// Writes the columns, and begins anew.
    pub(crate) fn flush(&mut self, first: u32, group: &mut GroupWriter) {
        let mut ints = |id: u32, numbers: &mut Vec<i64>| {
            if !numbers.is_empty() {
                group.ints(first + id, numbers, Access::Random);
                numbers.clear();
            }
        };
        ints(column::KIND, &mut self.kinds);
        ints(column::PROCESS, &mut self.processes);
        ints(column::THREAD, &mut self.threads);
        ints(column::MILLIS, &mut self.millis);
        ints(column::COUNTER, &mut self.counters);
        if !self.hex_32.is_empty() {
            group.blobs(first + column::HEX_32, &self.hex_32);
            self.hex_32.clear();
        }
        if !self.hex_16.is_empty() {
            group.blobs(first + column::HEX_16, &self.hex_16);
            self.hex_16.clear();
        }
        if !self.texts.is_empty() {
            group.text_buf(first + column::TEXT, &self.texts);
            self.texts.clear();
        }
        if !self.rows.is_empty() {
            group.ints(first + column::ROW, &self.rows, Access::Random);
            self.rows.clear();
        }
    }
}
