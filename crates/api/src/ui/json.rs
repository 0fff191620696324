//! Answers to JSON, in memory that is counted.

use std::io::Write as _;

use skytrail_base::claim::{Full, Hold};

use crate::graphql::rope::Rope;

/// Bytes that are taken of the request's memory at once.
const STEP: usize = 16 << 10;

/// JSON that is being written. What does not fit is not written, and [`Out::finish`] says so.
pub(crate) struct Out {
    bytes: Rope,
    hold: Hold,
    most: usize,
    full: Option<Full>,
    /// Whether a comma goes before the next member or element.
    is_behind: bool,
}

impl Out {
    /// Within what a request has, and never more than `most` bytes.
    pub(crate) fn new(hold: Hold, most: usize) -> Self {
        Self { bytes: Rope::default(), hold, most, full: None, is_behind: false }
    }

    /// Bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        if self.full.is_some() {
            return;
        }
        let needed = self.bytes.len() + bytes.len();
        if needed > self.most {
            self.full = Some(Full::ForGood);
            return;
        }
        if needed > self.hold.bytes() {
            let step = (needed - self.hold.bytes()).max(STEP);
            if let Err(full) = self.hold.grow(step) {
                self.full = Some(full);
                return;
            }
        }
        self.bytes.push(bytes);
    }

    /// Bytes so far.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Another one of the same request, to be joined later.
    pub(crate) fn part(&self) -> Self {
        Self::new(self.hold.claim().hold(), self.most)
    }

    /// Adds what was written to another one.
    pub(crate) fn join(&mut self, other: Self) {
        self.full = self.full.or(other.full);
        self.hold.join(other.hold);
        self.bytes.join(other.bytes);
    }

    /// Takes memory for what is needed while the next bytes are written.
    pub(crate) fn reserve(&mut self, bytes: usize) {
        if let Err(full) = self.hold.grow(bytes) {
            self.full = Some(full);
        }
    }

    fn between(&mut self) {
        if self.is_behind {
            self.raw(b",");
        }
        self.is_behind = true;
    }

    /// An object, whose members `write` gives.
    pub(crate) fn object(&mut self, write: impl FnOnce(&mut Self)) {
        self.nested(b"{", b"}", write);
    }

    /// A list, whose elements `write` gives.
    pub(crate) fn list(&mut self, write: impl FnOnce(&mut Self)) {
        self.nested(b"[", b"]", write);
    }

    fn nested(&mut self, open: &[u8], close: &[u8], write: impl FnOnce(&mut Self)) {
        self.raw(open);
        self.is_behind = false;
        write(self);
        self.raw(close);
        self.is_behind = true;
    }

    /// A member of the object that is open.
    pub(crate) fn member(&mut self, name: &str, value: &(impl Json + ?Sized)) {
        self.between();
        name.write(self);
        self.raw(b":");
        value.write(self);
    }

    /// A member that is an object or a list.
    pub(crate) fn member_with(&mut self, name: &str, write: impl FnOnce(&mut Self)) {
        self.between();
        name.write(self);
        self.raw(b":");
        write(self);
    }

    /// An element of the list that is open.
    pub(crate) fn element(&mut self, value: &(impl Json + ?Sized)) {
        self.between();
        value.write(self);
    }

    /// What was written, and its memory.
    ///
    /// # Errors
    /// It did not fit; whether it may with more memory.
    pub(crate) fn finish(self) -> Result<(Rope, Hold), Full> {
        match self.full {
            None => Ok((self.bytes, self.hold)),
            Some(full) => Err(full),
        }
    }
}

/// What can be written as JSON.
pub(crate) trait Json {
    /// Writes it.
    fn write(&self, out: &mut Out);
}

impl Json for str {
    fn write(&self, out: &mut Out) {
        let mut bytes = Vec::with_capacity(self.len() + 2);
        // Writing text to memory cannot fail.
        let _ = serde_json::to_writer(&mut bytes, self);
        out.raw(&bytes);
    }
}

impl Json for String {
    fn write(&self, out: &mut Out) {
        self.as_str().write(out);
    }
}

impl Json for f64 {
    fn write(&self, out: &mut Out) {
        let mut bytes = Vec::with_capacity(24);
        // What is no number becomes null, and a whole one needs no point.
        let _ = match self.fract() == 0.0 && self.abs() < 9e15 {
            true => write!(bytes, "{}", *self as i64),
            false => serde_json::to_writer(&mut bytes, self).map_err(Into::into),
        };
        out.raw(&bytes);
    }
}

impl Json for bool {
    fn write(&self, out: &mut Out) {
        out.raw(if *self { b"true" } else { b"false" });
    }
}

macro_rules! whole {
    ($($kind:ty),*) => {$(
        impl Json for $kind {
            fn write(&self, out: &mut Out) {
                let mut bytes = Vec::with_capacity(20);
                // Writing to memory cannot fail.
                let _ = write!(bytes, "{self}");
                out.raw(&bytes);
            }
        }
    )*};
}

whole!(i32, u32, i64, u64, usize);

impl<T: Json + ?Sized> Json for &T {
    fn write(&self, out: &mut Out) {
        (**self).write(out);
    }
}

impl<T: Json> Json for Option<T> {
    fn write(&self, out: &mut Out) {
        match self {
            Some(value) => value.write(out),
            None => out.raw(b"null"),
        }
    }
}

impl<T: Json> Json for [T] {
    fn write(&self, out: &mut Out) {
        out.list(|out| self.iter().for_each(|one| out.element(one)));
    }
}

impl<T: Json> Json for Vec<T> {
    fn write(&self, out: &mut Out) {
        self.as_slice().write(out);
    }
}

/// Writes a struct as an object: `fields!(Type as it { "name" => it.field });`
macro_rules! fields {
    ($kind:ty as $it:ident { $($name:literal => $value:expr),* $(,)? }) => {
        impl $crate::ui::json::Json for $kind {
            fn write(&self, out: &mut $crate::ui::json::Out) {
                let $it = self;
                out.object(|out| { $( out.member($name, &$value); )* });
            }
        }
    };
}

pub(crate) use fields;

#[cfg(test)]
mod tests {
    use skytrail_base::claim::Claim;

    use super::{Json, Out};

    struct Point(f64, Option<&'static str>);

    fields!(Point as it { "x" => it.0, "name" => it.1 });

    fn written(value: &(impl Json + ?Sized)) -> String {
        let mut out = Out::new(Claim::default().hold(), 1 << 20);
        value.write(&mut out);
        let bytes = Vec::from(out.finish().unwrap().0.into_pieces()).concat();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn values_are_written_as_json() {
        let points =
            vec![Point(1.0, None), Point(0.25, Some("a\"</script>")), Point(f64::NAN, None)];
        assert_eq!(
            written(&points),
            r#"[{"x":1,"name":null},{"x":0.25,"name":"a\"</script>"},{"x":null,"name":null}]"#
        );
        assert_eq!(written(&Vec::<bool>::new()), "[]");
        assert_eq!(written(&vec![vec![1_i64], vec![], vec![2, 3]]), "[[1],[],[2,3]]");
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let mut out = Out::new(Claim::default().hold(), 10);
        out.list(|out| (0..10).for_each(|one: i32| out.element(&one)));
        assert!(out.finish().is_err());
    }
}
