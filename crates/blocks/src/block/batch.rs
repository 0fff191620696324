//! A batch that is put together of what is read.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use skytrail_columns::{Error, Result};
use skytrail_model::batch::SpanBatch;
use skytrail_model::span::Rows;
use skytrail_model::text::{Name, NameId, Symbol, Text};

use crate::dictionary::Dictionary;
use crate::ids::Id;

/// A batch that grows.
pub(super) struct BatchBuilder<'a> {
    pub(super) batch: SpanBatch,
    dictionary: &'a Dictionary,
    names: HashMap<u32, NameId, FixedState>,
}

/// The run of the rows from a start to the present end.
pub(super) fn rows_from(start: usize, end: usize) -> Result<Rows> {
    let too_many = |_| Error::limit("spans: more rows than a batch can hold");
    let start = u32::try_from(start).map_err(too_many)?;
    let end = u32::try_from(end).map_err(too_many)?;
    Ok(Rows { start, len: end - start })
}

impl<'a> BatchBuilder<'a> {
    pub(super) fn new(dictionary: &'a Dictionary) -> Self {
        let mut batch = SpanBatch::default();
        batch.names.push(Name { text: Text::EMPTY, symbol: Symbol(0) });
        Self { batch, dictionary, names: HashMap::default() }
    }

    /// Adds bytes.
    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Result<Text> {
        self.write(|out| out.extend_from_slice(bytes))
    }

    /// Adds an id.
    pub(super) fn id(&mut self, id: &Id<'_>) -> Result<Text> {
        self.write(|out| id.put(out))
    }

    /// Adds what is written.
    pub(super) fn write(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<Text> {
        let start = self.batch.bytes.len();
        write(&mut self.batch.bytes);
        let len = self.batch.bytes.len() - start;
        if len == 0 {
            return Ok(Text::EMPTY);
        }
        if u32::try_from(self.batch.bytes.len()).is_err() {
            return Err(Error::limit("spans: more than 4 GiB of text in a batch"));
        }
        Ok(Text { start: start as u32, len: len as u32 })
    }

    /// The name with a code.
    pub(super) fn name(&mut self, code: u32) -> Result<NameId> {
        if let Some(name) = self.names.get(&code) {
            return Ok(*name);
        }
        let dictionary = self.dictionary;
        let bytes = dictionary.name(code)?;
        let name = if bytes.is_empty() {
            NameId(0)
        } else {
            let text = self.bytes(bytes)?;
            let number = self.batch.names.len() as u32;
            self.batch.names.push(Name { text, symbol: Symbol(number) });
            NameId(number)
        };
        self.names.insert(code, name);
        Ok(name)
    }
}
