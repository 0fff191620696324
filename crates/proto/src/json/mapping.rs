//! What the generated readers lack of the mapping: `null` for the default value, and whole numbers
//! written with a point or an exponent. Both are put right on the way from the JSON reader to the
//! generated one, so that nothing is held in between.

use std::cell::Cell;
use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

/// Whole numbers up to here have the same value as `f64` and as `i64`.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

/// A value of the JSON text on its way to a generated reader.
pub(super) struct Node<'left, D> {
    inner: D,
    /// True for the value of a field, where `null` is the default; false in arrays and at the
    /// root, where the mapping has no room for it.
    is_field: bool,
    /// Values that may still follow.
    left: &'left Cell<usize>,
}

/// What the generated reader expects where it finds `null`.
#[derive(Clone, Copy)]
enum Null {
    Refused,
    Number,
    Bool,
    Text,
    List,
    Map,
}

impl<'left, D> Node<'left, D> {
    pub(super) fn root(inner: D, left: &'left Cell<usize>) -> Self {
        Self { inner, is_field: false, left }
    }
}

impl<'de, D: Deserializer<'de>> Node<'_, D> {
    fn read<V: Visitor<'de>>(self, visitor: V, null: Null) -> Result<V::Value, D::Error> {
        self.inner.deserialize_any(Reader {
            visitor,
            null: if self.is_field { null } else { Null::Refused },
            left: self.left,
        })
    }
}

impl<'de, D: Deserializer<'de>> Deserializer<'de> for Node<'_, D> {
    type Error = D::Error;

    // Numbers and enums are read through here: both may be numbers or text.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.read(visitor, Null::Number)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.read(visitor, Null::Bool)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.read(visitor, Null::Text)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.read(visitor, Null::Text)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.read(visitor, Null::List)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.read(visitor, Null::Map)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, D::Error> {
        self.read(visitor, Null::Refused)
    }

    // A message, which may be absent, so `null` needs no default.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_option(Reader { visitor, null: Null::Refused, left: self.left })
    }

    // Skipped values take no memory, whatever is in them.
    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, D::Error> {
        self.inner.deserialize_ignored_any(visitor)
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct
        newtype_struct tuple tuple_struct enum identifier
    }
}

/// Stands before the visitor of a generated reader.
struct Reader<'left, V> {
    visitor: V,
    null: Null,
    left: &'left Cell<usize>,
}

impl<'de, V: Visitor<'de>> Visitor<'de> for Reader<'_, V> {
    type Value = V::Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.visitor.expecting(formatter)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<V::Value, E> {
        self.visitor.visit_bool(value)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<V::Value, E> {
        self.visitor.visit_i64(value)
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<V::Value, E> {
        self.visitor.visit_u64(value)
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<V::Value, E> {
        // Fields of type double take integers as well.
        if value.fract() == 0.0 && value.abs() <= MAX_WHOLE {
            return self.visitor.visit_i64(value as i64);
        }
        self.visitor.visit_f64(value)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<V::Value, E> {
        self.visitor.visit_str(value)
    }

    fn visit_borrowed_str<E: Error>(self, value: &'de str) -> Result<V::Value, E> {
        self.visitor.visit_borrowed_str(value)
    }

    fn visit_string<E: Error>(self, value: String) -> Result<V::Value, E> {
        self.visitor.visit_string(value)
    }

    fn visit_unit<E: Error>(self) -> Result<V::Value, E> {
        let visitor = self.visitor;
        match self.null {
            Null::Refused => Err(E::invalid_type(Unexpected::Unit, &visitor)),
            Null::Number => visitor.visit_u64(0),
            Null::Bool => visitor.visit_bool(false),
            Null::Text => visitor.visit_borrowed_str(""),
            Null::List => visitor.visit_seq(SeqDeserializer::<_, E>::new(std::iter::empty::<()>())),
            Null::Map => {
                visitor.visit_map(MapDeserializer::<_, E>::new(std::iter::empty::<((), ())>()))
            }
        }
    }

    fn visit_none<E: Error>(self) -> Result<V::Value, E> {
        self.visitor.visit_none()
    }

    fn visit_some<D: Deserializer<'de>>(self, inner: D) -> Result<V::Value, D::Error> {
        self.visitor.visit_some(Node::root(inner, self.left))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_seq(Counted { inner, left: self.left })
    }

    fn visit_map<A: MapAccess<'de>>(self, inner: A) -> Result<V::Value, A::Error> {
        self.visitor.visit_map(Counted { inner, left: self.left })
    }
}

/// Elements or fields, each of which takes one of the values that are left.
struct Counted<'left, A> {
    inner: A,
    left: &'left Cell<usize>,
}

impl<A> Counted<'_, A> {
    fn take<E: Error>(&self) -> Result<(), E> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| E::custom("the body holds more values than its limit"))?);
        Ok(())
    }
}

impl<'de, A: SeqAccess<'de>> SeqAccess<'de> for Counted<'_, A> {
    type Error = A::Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, A::Error> {
        let seed = Seed { seed, is_field: false, left: self.left };
        let element = self.inner.next_element_seed(seed)?;
        if element.is_some() {
            self.take()?;
        }
        Ok(element)
    }
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Counted<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        self.inner.next_key_seed(seed)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, A::Error> {
        self.take()?;
        self.inner.next_value_seed(Seed { seed, is_field: true, left: self.left })
    }
}

/// Wraps the value that is about to be read.
struct Seed<'left, T> {
    seed: T,
    is_field: bool,
    left: &'left Cell<usize>,
}

impl<'de, T: DeserializeSeed<'de>> DeserializeSeed<'de> for Seed<'_, T> {
    type Value = T::Value;

    fn deserialize<D: Deserializer<'de>>(self, inner: D) -> Result<T::Value, D::Error> {
        self.seed.deserialize(Node { inner, is_field: self.is_field, left: self.left })
    }
}
