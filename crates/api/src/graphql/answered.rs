//! Root fields in JSON. Each is written as soon as it is resolved, so that what
//! resolvers gave is not held for all fields at once, and an answer that grows
//! beyond its limit ends there.

use super::answer::{Path, Writer, Written, complete};
use super::error::Failure;
use super::registry::Resolved;
use super::room::Room;
use super::selection::Selected;

/// A root field, written: its value, the errors below it, and whether there is a
/// value. None when there was no room for them.
#[derive(Debug)]
pub(crate) struct Answered(Option<(Vec<u8>, Vec<Failure>, Written)>);

impl Answered {
    /// There is no room for it.
    pub(crate) fn without_room() -> Self {
        Self(None)
    }

    /// Writes what a resolver gave.
    pub(crate) fn new(selected: &Selected<'_>, resolved: Resolved, room: &Room) -> Self {
        let mut writer = Writer::new(Vec::new(), room.left());
        let written = write(&mut writer, selected, resolved);
        let Some((mut bytes, failures)) = writer.finish() else {
            room.fill();
            return Self::without_room();
        };
        bytes.shrink_to_fit();
        if room.take(bytes.len()) {
            Self(Some((bytes, failures, written)))
        } else {
            Self::without_room()
        }
    }

    /// Joins it to the other root fields.
    pub(crate) fn join(self, writer: &mut Writer) -> Written {
        let Some((bytes, failures, written)) = self.0 else { return writer.overflow() };
        writer.raw(&bytes);
        failures.into_iter().for_each(|failure| writer.fail(failure));
        written
    }
}

fn write(writer: &mut Writer, selected: &Selected<'_>, resolved: Resolved) -> Written {
    match resolved {
        Ok(answer) => {
            let path = Path::Key(selected.key, &Path::Root);
            complete(writer, selected, selected.ty, &path, answer.as_ref())
        }
        Err(error) => {
            writer.fail(Failure::at(selected.key, error));
            writer.null_or_fail(selected.ty)
        }
    }
}
