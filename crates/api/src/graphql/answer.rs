//! Typed answers to JSON: a value is asked only for the fields that a client selected, and writes
//! them straight into the response.
//!
//! ```text
//! impl Answer for Attribute {
//!     fn write(&self, out: Out<'_>) -> Written {
//!         out.object(&|field| match field.name() {
//!             "name" => field.put(&self.name),
//!             "value" => field.put(&self.value),
//!             _ => field.unknown(),
//!         })
//!     }
//! }
//! ```

use apollo_compiler::schema::Type;
use serde::Serialize;
use skytrail_base::claim::{Full, Hold};

use super::error::{Code, Failure, Step};
use super::rope::{PIECE, Rope};
use super::selection::{Kind, Selected};

/// Errors of one response that are told.
const MAX_TOLD: usize = 100;

/// Memory that short answers take at a time.
const STEP: usize = 1 << 10;

/// A value that can write itself as the field that it was resolved for.
pub trait Answer {
    /// Writes the value; MUST end in exactly one method of `out` and hand its outcome back.
    fn write(&self, out: Out<'_>) -> Written;

    /// Lets go of a good part of the value, and says so in it, since all of it has no room; false
    /// if it is one that makes no sense in part, or there is nothing left to let go of.
    fn less(&mut self) -> bool {
        false
    }
}

/// Whether a value was written; if not, the nearest nullable field above becomes null.
pub type Written = Result<(), Nulled>;

/// The mark that a value is missing where the schema forbids null; the error is noted already.
#[derive(Debug)]
pub struct Nulled(());

/// A member or element on the way from the root, linked through the stack.
#[derive(Clone, Copy)]
pub(crate) enum Path<'a> {
    Root,
    Key(&'a str, &'a Path<'a>),
    Index(usize, &'a Path<'a>),
}

impl Path<'_> {
    fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let mut at = self;
        loop {
            at = match at {
                Self::Root => break,
                Self::Key(key, up) => {
                    steps.push(Step::Key((*key).to_owned()));
                    up
                }
                Self::Index(index, up) => {
                    steps.push(Step::Index(*index));
                    up
                }
            };
        }
        steps.reverse();
        steps
    }
}

/// The response as far as it is written.
pub(crate) struct Writer {
    bytes: Rope,
    /// Memory of them.
    hold: Hold,
    limit: usize,
    failures: Vec<Failure>,
    /// That they had to end, and where memory ended first, how.
    full: Option<Option<Full>>,
}

/// What was written: the bytes, their memory, and the errors; or where it had to end.
type Finished = Result<(Rope, Hold, Vec<Failure>), Option<Full>>;

impl Writer {
    /// Writes at most `limit` bytes, in memory of `hold`.
    pub(crate) fn new(hold: Hold, limit: usize) -> Self {
        Self { bytes: Rope::default(), hold, limit, failures: Vec::new(), full: None }
    }

    /// The bytes, or why there are more than may be: none for the limit.
    pub(crate) fn finish(self) -> Finished {
        match self.full {
            None => Ok((self.bytes, self.hold, self.failures)),
            Some(full) => Err(full),
        }
    }

    /// Whether nothing more can be written.
    pub(crate) fn is_full(&self) -> bool {
        self.full.is_some()
    }

    pub(crate) fn fail(&mut self, failure: Failure) {
        if self.failures.len() < MAX_TOLD {
            self.failures.push(failure);
        }
    }

    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        if self.full.is_none() && self.has_room(bytes.len()) {
            self.bytes.push(bytes);
        }
    }

    /// Adds what was written elsewhere, with its memory.
    pub(crate) fn join(&mut self, bytes: Rope, hold: Hold) {
        self.hold.join(hold);
        self.bytes.join(bytes);
    }

    /// Ends the answer: there is more than may be.
    pub(crate) fn overflow(&mut self) -> Written {
        self.full = self.full.or(Some(None));
        Err(Nulled(()))
    }

    /// Whether there is room for more, which is then taken.
    fn has_room(&mut self, more: usize) -> bool {
        let len = self.bytes.len().saturating_add(more);
        let missing = len.saturating_sub(self.hold.bytes());
        let step = if len < PIECE { STEP } else { PIECE };
        // The last step may be a smaller one.
        let grown = match missing {
            0 => Ok(()),
            missing => self.hold.grow(missing.max(step)).or_else(|_| self.hold.grow(missing)),
        };
        match grown {
            Ok(()) if len <= self.limit => return true,
            Ok(()) => self.full = Some(None),
            Err(full) => self.full = Some(Some(full)),
        }
        false
    }

    /// Length so far, to come back to with [`Writer::rewind`].
    pub(crate) fn position(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn rewind(&mut self, position: usize) {
        self.bytes.truncate(position);
    }

    /// Writes the key of a member, with the comma that parts it from the one before. Keys are
    /// GraphQL names and need no escaping.
    pub(crate) fn key(&mut self, key: &str, first: bool) {
        self.raw(if first { &b"\""[..] } else { &b",\""[..] });
        self.raw(key.as_bytes());
        self.raw(b"\":");
    }

    /// Any serialisable value as it is.
    pub(crate) fn json(&mut self, value: &(impl Serialize + ?Sized)) -> Written {
        if self.full.is_some() {
            return Err(Nulled(()));
        }
        if serde_json::to_writer(&mut self.bytes, value).is_err() {
            return Err(Nulled(()));
        }
        if self.has_room(0) { Ok(()) } else { Err(Nulled(())) }
    }

    /// Null for a field without an answer, where the schema lets it.
    pub(crate) fn null_or_fail(&mut self, ty: &Type) -> Written {
        if ty.is_non_null() {
            return Err(Nulled(()));
        }
        self.raw(b"null");
        Ok(())
    }
}

/// Writes `answer` for `selected`; a missing value becomes null where the schema lets it.
pub(crate) fn complete(
    writer: &mut Writer,
    selected: &Selected<'_>,
    ty: &Type,
    path: &Path<'_>,
    answer: &dyn Answer,
) -> Written {
    let start = writer.position();
    let out = Out { writer: &mut *writer, selected, ty, path };
    match answer.write(out) {
        Err(nulled) if ty.is_non_null() || writer.is_full() => Err(nulled),
        Err(_) => {
            writer.rewind(start);
            writer.raw(b"null");
            Ok(())
        }
        Ok(()) => Ok(()),
    }
}

/// The place of one value in the answer: use it up with one of its methods.
pub struct Out<'a> {
    writer: &'a mut Writer,
    selected: &'a Selected<'a>,
    ty: &'a Type,
    path: &'a Path<'a>,
}

impl<'a> Out<'a> {
    /// Name of the field in the schema, without regard to aliases.
    pub fn name(&self) -> &'a str {
        self.selected.name
    }

    /// Writes another value here.
    ///
    /// # Errors
    /// What that value says.
    pub fn put(self, value: &(impl Answer + ?Sized)) -> Written {
        value.write(self)
    }

    /// Writes null.
    ///
    /// # Errors
    /// The schema forbids null here.
    pub fn null(self) -> Written {
        if self.ty.is_non_null() {
            return self.wrong("nothing");
        }
        self.writer.json(&())
    }

    /// Writes a string, an id or an enum value.
    ///
    /// # Errors
    /// The schema wants something else, or the enum has no such value.
    pub fn text(self, value: &str) -> Written {
        match self.leaf() {
            Some(Kind::Text) => self.writer.json(value),
            Some(Kind::Enum(of)) if of.values.contains_key(value) => self.writer.json(value),
            _ => self.wrong(value),
        }
    }

    /// Writes an integer.
    ///
    /// # Errors
    /// The schema wants something else, or an `Int` of 32 bits and the value is larger.
    pub fn integer(self, value: i64) -> Written {
        match self.leaf() {
            Some(Kind::Long | Kind::Float) => self.writer.json(&value),
            Some(Kind::Int) if i32::try_from(value).is_ok() => self.writer.json(&value),
            _ => self.wrong(&value.to_string()),
        }
    }

    /// Writes a truth value.
    ///
    /// # Errors
    /// The schema wants something else.
    pub fn boolean(self, value: bool) -> Written {
        match self.leaf() {
            Some(Kind::Boolean) => self.writer.json(&value),
            _ => self.wrong(if value { "true" } else { "false" }),
        }
    }

    /// Writes a list.
    ///
    /// # Errors
    /// The schema wants something else, or an element is missing where it must not be.
    pub fn list<T: Answer>(self, values: impl IntoIterator<Item = T>) -> Written {
        let (Type::List(item) | Type::NonNullList(item)) = self.ty else {
            return self.wrong("a list");
        };
        self.writer.raw(b"[");
        for (index, value) in values.into_iter().enumerate() {
            if index > 0 {
                self.writer.raw(b",");
            }
            let path = Path::Index(index, self.path);
            complete(self.writer, self.selected, item, &path, &value)?;
        }
        self.writer.raw(b"]");
        Ok(())
    }

    /// Writes an object: `write` is called for each selected field.
    ///
    /// # Errors
    /// The schema wants something else, or a field is missing where it must not be.
    pub fn object(self, write: &dyn Fn(Out<'_>) -> Written) -> Written {
        if !matches!(self.selected.kind, Kind::Object) || self.ty.is_list() {
            return self.wrong("an object");
        }
        self.writer.raw(b"{");
        for (index, child) in self.selected.children.iter().enumerate() {
            self.writer.key(child.key, index == 0);
            if child.name == "__typename" {
                self.writer.json(child.owner)?;
                continue;
            }
            let path = Path::Key(child.key, self.path);
            complete(self.writer, child, child.ty, &path, &Fields(write))?;
        }
        self.writer.raw(b"}");
        Ok(())
    }

    /// For the last arm of a `match` on [`Out::name`].
    ///
    /// # Errors
    /// Always: the schema has a field that the answer does not know, which is a fault of ours.
    pub fn unknown(self) -> Written {
        let Selected { owner, name, .. } = self.selected;
        let message = format!("field {owner}.{name} has no answer");
        self.fault(message)
    }

    fn leaf(&self) -> Option<Kind<'a>> {
        (!self.ty.is_list()).then_some(self.selected.kind)
    }

    fn wrong(self, what: &str) -> Written {
        let Selected { owner, name, .. } = self.selected;
        let message = format!("field {owner}.{name} is {}, got {what}", self.ty);
        self.fault(message)
    }

    fn fault(self, message: String) -> Written {
        tracing::error!(reason = message, "graphql answer does not fit the schema");
        let mut failure = Failure::new(Code::Internal, message);
        failure.path = self.path.steps();
        self.writer.fail(failure);
        Err(Nulled(()))
    }
}

struct Fields<'f>(&'f dyn Fn(Out<'_>) -> Written);

impl Answer for Fields<'_> {
    fn write(&self, out: Out<'_>) -> Written {
        (self.0)(out)
    }
}

impl Answer for str {
    fn write(&self, out: Out<'_>) -> Written {
        out.text(self)
    }
}

impl Answer for String {
    fn write(&self, out: Out<'_>) -> Written {
        out.text(self)
    }
}

impl Answer for i64 {
    fn write(&self, out: Out<'_>) -> Written {
        out.integer(*self)
    }
}

impl Answer for i32 {
    fn write(&self, out: Out<'_>) -> Written {
        out.integer(i64::from(*self))
    }
}

impl Answer for u32 {
    fn write(&self, out: Out<'_>) -> Written {
        out.integer(i64::from(*self))
    }
}

impl Answer for bool {
    fn write(&self, out: Out<'_>) -> Written {
        out.boolean(*self)
    }
}

impl<T: Answer + ?Sized> Answer for &T {
    fn write(&self, out: Out<'_>) -> Written {
        (**self).write(out)
    }
}

impl<T: Answer + ?Sized> Answer for Box<T> {
    fn write(&self, out: Out<'_>) -> Written {
        (**self).write(out)
    }

    fn less(&mut self) -> bool {
        (**self).less()
    }
}

impl<T: Answer + ?Sized> Answer for std::sync::Arc<T> {
    fn write(&self, out: Out<'_>) -> Written {
        (**self).write(out)
    }
}

impl<T: Answer> Answer for Option<T> {
    fn write(&self, out: Out<'_>) -> Written {
        match self {
            Some(value) => value.write(out),
            None => out.null(),
        }
    }
}

impl<T: Answer> Answer for [T] {
    fn write(&self, out: Out<'_>) -> Written {
        out.list(self)
    }
}

impl<T: Answer, const N: usize> Answer for [T; N] {
    fn write(&self, out: Out<'_>) -> Written {
        out.list(self)
    }
}

impl<T: Answer> Answer for Vec<T> {
    fn write(&self, out: Out<'_>) -> Written {
        out.list(self)
    }
}
