//! Root fields in JSON. Each is written as soon as it is resolved, so that what
//! resolvers gave is not held for all fields at once, and an answer that grows
//! beyond its limit ends there.

use serde::Serialize;
use skytrail_base::claim::Hold;

use super::answer::{Path, Writer, Written, complete};
use super::error::Failure;
use super::registry::Resolved;
use super::room::{Lack, Room};
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

    /// Writes what a resolver gave; none if it has to be resolved again with more memory. What is
    /// too large, and can be less, is.
    pub(crate) fn new(
        selected: &Selected<'_>,
        mut resolved: Resolved,
        room: &Room,
    ) -> Option<Self> {
        let mut is_incomplete = false;
        loop {
            let (limit, lack) = room.left();
            let mut writer = Writer::new(room.claim().hold(), limit);
            let written = write(&mut writer, selected, &resolved);
            let full = match writer.finish() {
                Ok((value, hold, failures)) => {
                    room.take(value.len());
                    return Some(Self(Some(Field {
                        value,
                        hold,
                        failures,
                        written,
                        is_incomplete,
                    })));
                }
                Err(full) => full.map_or(lack, Lack::from),
            };
            if matches!(full, Lack::ForNow) {
                return None;
            }
            is_incomplete = resolved.as_mut().is_ok_and(|answer| answer.less());
            if !is_incomplete {
                room.fill();
                return Some(Self::without_room());
            }
        }
    }

    /// Writes a value as it is; none if it has to be written again with more memory.
    pub(crate) fn json(value: &impl Serialize, room: &Room) -> Option<Self> {
        let (limit, lack) = room.left();
        let mut writer = Writer::new(room.claim().hold(), limit);
        let written = writer.json(value);
        match writer.finish() {
            Ok((value, hold, failures)) => {
                room.take(value.len());
                let is_incomplete = false;
                Some(Self(Some(Field { value, hold, failures, written, is_incomplete })))
            }
            Err(full) if matches!(full.map_or(lack, Lack::from), Lack::ForNow) => None,
            Err(_) => {
                room.fill();
                Some(Self::without_room())
            }
        }
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
