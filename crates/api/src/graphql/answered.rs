//! Root fields in JSON. Each is written as soon as it is resolved, so that what
//! resolvers gave is not held for all fields at once, and an answer that grows
//! beyond its limit ends there.

use serde::Serialize;
use skytrail_base::claim::{Full, Hold};

use super::answer::{Path, Writer, Written, complete};
use super::error::Failure;
use super::registry::Resolved;
use super::room::Room;
use super::rope::Rope;
use super::selection::Selected;

/// A root field, written.
#[derive(Debug)]
pub(crate) struct Answered(Option<Field>);

#[derive(Debug)]
struct Field {
    value: Rope,
    /// The memory of it.
    hold: Hold,
    /// The errors below it.
    failures: Vec<Failure>,
    /// Whether there is a value.
    written: Written,
    is_incomplete: bool,
}

impl Answered {
    /// There is no room for it.
    pub(crate) fn without_room() -> Self {
        Self(None)
    }

    /// Writes what a resolver gave. What is too large, and can be less, is.
    ///
    /// # Errors
    /// It needs more memory than the request has for now, and is given back.
    pub(crate) fn new(
        selected: &Selected<'_>,
        mut resolved: Resolved,
        room: &Room,
    ) -> Result<Self, Resolved> {
        let mut is_incomplete = false;
        loop {
            match Self::within(room, |writer| write(writer, selected, &resolved)) {
                Ok(answered) if is_incomplete => return Ok(answered.incomplete()),
                Ok(answered) => return Ok(answered),
                Err(Full::ForNow) => return Err(resolved),
                Err(Full::ForGood) => {
                    is_incomplete = resolved.as_mut().is_ok_and(|answer| answer.less());
                }
            }
            if !is_incomplete {
                room.fill();
                return Ok(Self::without_room());
            }
        }
    }

    /// Writes a value as it is; none if it has to be written again with more memory.
    pub(crate) fn json(value: &impl Serialize, room: &Room) -> Option<Self> {
        match Self::within(room, |writer| writer.json(value)) {
            Ok(answered) => Some(answered),
            Err(Full::ForNow) => None,
            Err(Full::ForGood) => {
                room.fill();
                Some(Self::without_room())
            }
        }
    }

    /// Writes in what room there is.
    fn within(room: &Room, write: impl FnOnce(&mut Writer) -> Written) -> Result<Self, Full> {
        let (limit, lack) = room.left();
        let mut writer = Writer::new(room.claim().hold(), limit);
        let written = write(&mut writer);
        let (value, hold, failures) = writer.finish().map_err(|full| full.unwrap_or(lack))?;
        room.take(value.len());
        Ok(Self(Some(Field { value, hold, failures, written, is_incomplete: false })))
    }

    /// The same, in which something may be missing.
    pub(crate) fn incomplete(mut self) -> Self {
        self.0.iter_mut().for_each(|field| field.is_incomplete = true);
        self
    }

    /// Whether some of what was asked for is, or may be, missing in it.
    pub(crate) fn is_incomplete(&self) -> bool {
        self.0.as_ref().is_some_and(|field| field.is_incomplete)
    }

    /// Joins it to the other root fields.
    pub(crate) fn join(self, writer: &mut Writer) -> Written {
        let Some(Field { value, hold, failures, written, .. }) = self.0 else {
            return writer.overflow();
        };
        writer.join(value, hold);
        failures.into_iter().for_each(|failure| writer.fail(failure));
        written
    }
}

fn write(writer: &mut Writer, selected: &Selected<'_>, resolved: &Resolved) -> Written {
    match resolved {
        Ok(answer) => {
            let path = Path::Key(selected.key, &Path::Root);
            complete(writer, selected, selected.ty, &path, answer.as_ref())
        }
        Err(error) => {
            writer.fail(Failure::at(selected.key, error.clone()));
            writer.null_or_fail(selected.ty)
        }
    }
}
