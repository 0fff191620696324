//! Root fields in JSON. Each is written as soon as it is resolved, so that what
//! resolvers gave is not held for all fields at once, and an answer that grows
//! beyond its limit ends there.

use apollo_compiler::schema::Type;

use super::answer::{Path, Writer, Written, complete};
use super::error::Failure;
use super::registry::Resolved;
use super::room::Room;
use super::selection::Selected;

/// A root field, written.
#[derive(Debug)]
pub(crate) struct Answered {
    /// Its value and the errors below it; none when there was no room for them.
    json: Option<(Vec<u8>, Vec<Failure>)>,
    written: Written,
}

impl Answered {
    /// There is no room for it.
    pub(crate) fn without_room(selected: &Selected<'_>) -> Self {
        let mut writer = Writer::new(Vec::new(), 0);
        Self { json: None, written: writer.null_or_fail(selected.ty) }
    }

    /// Writes what a resolver gave.
    pub(crate) fn new(selected: &Selected<'_>, resolved: Resolved, room: &Room) -> Self {
        let mut writer = Writer::new(Vec::new(), room.left());
        let written = write(&mut writer, selected, selected.ty, resolved);
        let json = writer.finish();
        room.take(json.as_ref().map_or(usize::MAX, |(bytes, _)| bytes.len()));
        Self { json, written }
    }

    /// Joins it to the other root fields.
    pub(crate) fn join(self, writer: &mut Writer) -> Written {
        match self.json {
            Some((bytes, failures)) => {
                writer.raw(&bytes);
                failures.into_iter().for_each(|failure| writer.fail(failure));
                self.written
            }
            None => writer.overflow(),
        }
    }
}

fn write(writer: &mut Writer, selected: &Selected<'_>, ty: &Type, resolved: Resolved) -> Written {
    match resolved {
        Ok(answer) => {
            let path = Path::Key(selected.key, &Path::Root);
            complete(writer, selected, ty, &path, answer.as_ref())
        }
        Err(error) => {
            writer.fail(Failure::at(selected.key, error));
            writer.null_or_fail(ty)
        }
    }
}
