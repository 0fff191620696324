//! A batch that is put together of what is read.

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use skytrail_columns::read::Reader as Bytes;
use skytrail_columns::{Error, Result};
use skytrail_model::batch::SpanBatch;
use skytrail_model::span::{Attribute, Rows, Value};
use skytrail_model::text::{Name, NameId, Symbol, Text};

use super::frames::wrong;
use crate::dictionary::{Names, ValueKind};
use crate::ids::Id;

/// A batch that grows.
pub(crate) struct BatchBuilder<'a, N> {
    pub(crate) batch: SpanBatch,
    dictionary: &'a N,
    names: HashMap<u32, NameId, FixedState>,
}

/// The run of the rows from a start to the present end.
pub(crate) fn rows_from(start: usize, end: usize) -> Result<Rows> {
    let too_many = |_| Error::limit("spans: more rows than a batch can hold");
    let start = u32::try_from(start).map_err(too_many)?;
    let end = u32::try_from(end).map_err(too_many)?;
    Ok(Rows { start, len: end - start })
}

impl<'a, N: Names> BatchBuilder<'a, N> {
    pub(crate) fn new(dictionary: &'a N) -> Self {
        let mut batch = SpanBatch::default();
        batch.names.push(Name { text: Text::EMPTY, symbol: Symbol(0) });
        Self { batch, dictionary, names: HashMap::default() }
    }

    /// Adds bytes.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<Text> {
        self.write(|out| out.extend_from_slice(bytes))
    }

    /// Adds an id.
    pub(crate) fn id(&mut self, id: &Id<'_>) -> Result<Text> {
        self.write(|out| id.put(out))
    }

    /// Adds what is written.
    pub(crate) fn write(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> Result<Text> {
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
    pub(crate) fn name(&mut self, code: u32) -> Result<NameId> {
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

    /// Adds a text of a type.
    pub(crate) fn text(
        &mut self,
        kind: ValueKind,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Value> {
        let text = self.write(write)?;
        Ok(match kind {
            ValueKind::Bytes => Value::Bytes(text),
            ValueKind::Json => Value::Json(text),
            _ => Value::Text(text),
        })
    }

    /// Adds the attributes of a resource.
    pub(crate) fn resource(&mut self, resource: &[u8]) -> Result<Rows> {
        let start = self.batch.attributes.len();
        let mut bytes = Bytes::new("resource", resource);
        while !bytes.is_empty() {
            let name = bytes.count(u64::from(u32::MAX))? as u32;
            let kind = ValueKind::of(bytes.u8()?.into())
                .ok_or_else(|| wrong("an unknown type of value"))?;
            let value = bytes.sized()?;
            let number = || {
                let array = value.first_chunk::<8>().filter(|_| value.len() == 8);
                array
                    .map(|array| i64::from_le_bytes(*array))
                    .ok_or_else(|| wrong("a number of a resource"))
            };
            let value = match kind {
                ValueKind::Bool => Value::Bool(value == [1]),
                ValueKind::Int => Value::Int(number()?.into()),
                ValueKind::Float => Value::Float(f64::from_bits(number()?.cast_unsigned()).into()),
                kind => self.text(kind, |out| out.extend_from_slice(value))?,
            };
            let key = self.name(name)?;
            self.batch.attributes.push(Attribute { key, value });
        }
        rows_from(start, self.batch.attributes.len())
    }
}
