//! Conditions, compiled: one question about an event, answered yes or no.

use std::borrow::Cow;

use skytrail_lang::oal::{Cast, Condition, Literal, Operator, Pattern, Value};

use super::event::{Event, Field, NULL};
use super::key::{Key, KeySet};
use super::schema::Source;

/// Where a text is read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextRead {
    Text(u8),
    Tag(Key),
}

/// One question about an event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    Int(u8, Operator, i64),
    IntIn(u8, Vec<i64>),
    Float(u8, Operator, f64),
    FloatIn(u8, Vec<f64>),
    /// Whether a text is absent, or present.
    Absent(TextRead, bool),
    Text(TextRead, Operator, Box<str>),
    Like(TextRead, Pattern),
    TextIn(TextRead, Vec<Box<str>>),
    /// Text read as a number; text that is none answers no.
    Cast(TextRead, Cast, Operator, i64),
    CastIn(TextRead, Cast, Vec<i64>),
    /// Whether text can be read as a number.
    Parses(TextRead, Cast),
    /// Whether a tag `key:value` is there, or is not.
    HasTag(Box<str>, bool),
}

impl TextRead {
    pub(crate) fn read<'e>(self, event: &'e Event<'_>) -> Option<Cow<'e, str>> {
        match self {
            Self::Text(field) => event.text(field).map(Cow::Borrowed),
            Self::Tag(key) => event.tag(key),
        }
    }

    /// The text as a number; none where it is absent or no number of that size.
    pub(crate) fn int(self, event: &Event<'_>, cast: Cast) -> Option<i64> {
        let value = match self {
            Self::Text(field) => event.text(field)?.trim().parse().ok()?,
            Self::Tag(key) => event.tags?.int(key)?,
        };
        match cast {
            Cast::Long => Some(value),
            Cast::Int => i32::try_from(value).ok().map(i64::from),
        }
    }
}

impl Test {
    pub(crate) fn holds(&self, event: &Event<'_>) -> bool {
        match self {
            Self::Int(field, operator, right) => {
                compare(*operator, event.number(*field).cmp(right))
            }
            Self::IntIn(field, rights) => rights.contains(&event.number(*field)),
            Self::Float(field, operator, right) => event
                .float(*field)
                .partial_cmp(right)
                .map_or(*operator == Operator::NotEqual, |order| compare(*operator, order)),
            Self::FloatIn(field, rights) => rights.contains(&event.float(*field)),
            Self::Absent(read, absent) => read.read(event).is_none() == *absent,
            Self::Text(read, operator, right) => {
                let equal = read.read(event).is_some_and(|left| left == **right);
                equal == (*operator == Operator::Equal)
            }
            Self::Like(read, pattern) => {
                read.read(event).is_some_and(|left| is_like(&left, pattern))
            }
            Self::TextIn(read, rights) => {
                read.read(event).is_some_and(|left| rights.iter().any(|right| left == **right))
            }
            Self::Cast(read, cast, operator, right) => {
                read.int(event, *cast).is_some_and(|left| compare(*operator, left.cmp(right)))
            }
            Self::CastIn(read, cast, rights) => {
                read.int(event, *cast).is_some_and(|left| rights.contains(&left))
            }
            Self::Parses(read, cast) => read.int(event, *cast).is_some(),
            Self::HasTag(wanted, present) => {
                event.tags.is_some_and(|tags| tags.contains(wanted) == *present)
            }
        }
    }

    /// Whether it looks at texts of the event.
    pub(crate) fn reads_texts(&self) -> bool {
        matches!(
            self,
            Self::Absent(TextRead::Text(_), _)
                | Self::Text(TextRead::Text(_), ..)
                | Self::Like(TextRead::Text(_), _)
                | Self::TextIn(TextRead::Text(_), _)
                | Self::Cast(TextRead::Text(_), ..)
                | Self::CastIn(TextRead::Text(_), ..)
                | Self::Parses(TextRead::Text(_), _)
        )
    }
}

fn compare(operator: Operator, order: std::cmp::Ordering) -> bool {
    match operator {
        Operator::Equal => order.is_eq(),
        Operator::NotEqual => order.is_ne(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterEqual => order.is_ge(),
        Operator::Less => order.is_lt(),
        Operator::LessEqual => order.is_le(),
        Operator::Like | Operator::In | Operator::Contain | Operator::NotContain => false,
    }
}

fn is_like(text: &str, pattern: &Pattern) -> bool {
    match pattern {
        Pattern::Prefix(prefix) => text.starts_with(&**prefix),
        Pattern::Suffix(suffix) => text.ends_with(&**suffix),
        Pattern::Infix(infix) => text.contains(&**infix),
    }
}

/// Where the value of a rule or condition is read from, its cast aside.
pub(crate) fn place_of(
    source: Source,
    value: &Value,
    keys: &mut KeySet,
) -> Result<(Place, Option<Cast>), String> {
    match value {
        Value::Whole => Err("the whole event has no value".to_owned()),
        Value::Attribute { attribute, cast } => {
            let place = source.attributes().get(*attribute).map(|found| Place::Field(found.field));
            Ok((place.ok_or("an attribute outside of the schema")?, *cast))
        }
        Value::MapEntry { key, cast, .. } => {
            let key = keys.add(key).ok_or_else(|| {
                format!("rules name more than {} different tag keys", super::key::MAX_KEYS)
            })?;
            Ok((Place::Tag(key), *cast))
        }
    }
}

/// An attribute, or one tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    Field(Field),
    Tag(Key),
}

impl Place {
    pub(crate) fn as_text(self) -> Option<TextRead> {
        match self {
            Self::Field(Field::Text(field)) => Some(TextRead::Text(field)),
            Self::Tag(key) => Some(TextRead::Tag(key)),
            Self::Field(_) => None,
        }
    }
}

/// Compiles a condition on a source.
pub(crate) fn test_of(
    source: Source,
    condition: &Condition,
    keys: &mut KeySet,
) -> Result<Test, String> {
    let (place, cast) = place_of(source, &condition.left, keys)?;
    let Condition { operator, right, .. } = condition;
    let test = match place {
        Place::Field(Field::Number(field)) => int_test(field, *operator, right),
        Place::Field(Field::Float(field)) => float_test(field, *operator, right),
        Place::Field(Field::TagList) => tag_list_test(*operator, right),
        Place::Field(Field::Tags) => None,
        Place::Field(Field::Text(_)) | Place::Tag(_) => {
            place.as_text().and_then(|read| text_test(read, cast, *operator, right))
        }
    };
    test.ok_or_else(|| format!("operator `{}` does not fit its sides", operator.symbol()))
}

/// Whole numbers as events hold them.
fn int_of(literal: &Literal) -> Option<i64> {
    match literal {
        Literal::Null => Some(NULL),
        Literal::Bool(value) => Some(i64::from(*value)),
        Literal::Int(value) => Some(*value),
        Literal::Constant { constant, .. } => i64::try_from(*constant).ok(),
        _ => None,
    }
}

fn int_test(field: u8, operator: Operator, right: &Literal) -> Option<Test> {
    match right {
        Literal::List(items) => {
            items.iter().map(int_of).collect::<Option<_>>().map(|list| Test::IntIn(field, list))
        }
        other => int_of(other).map(|right| Test::Int(field, operator, right)),
    }
}

fn float_test(field: u8, operator: Operator, right: &Literal) -> Option<Test> {
    let float_of = |literal: &Literal| match literal {
        Literal::Float(value) => Some(*value),
        _ => None,
    };
    match right {
        Literal::List(items) => {
            items.iter().map(float_of).collect::<Option<_>>().map(|list| Test::FloatIn(field, list))
        }
        other => float_of(other).map(|right| Test::Float(field, operator, right)),
    }
}

fn tag_list_test(operator: Operator, right: &Literal) -> Option<Test> {
    let Literal::Text(text) = right else { return None };
    match operator {
        Operator::Contain => Some(Test::HasTag(text.clone(), true)),
        Operator::NotContain => Some(Test::HasTag(text.clone(), false)),
        _ => None,
    }
}

fn text_test(
    read: TextRead,
    cast: Option<Cast>,
    operator: Operator,
    right: &Literal,
) -> Option<Test> {
    let text_of = |literal: &Literal| match literal {
        Literal::Text(text) => Some(text.clone()),
        _ => None,
    };
    match (right, cast) {
        (Literal::Null, _) => Some(Test::Absent(read, operator == Operator::Equal)),
        (Literal::List(items), Some(cast)) => {
            let list = items.iter().map(int_of).collect::<Option<_>>()?;
            Some(Test::CastIn(read, cast, list))
        }
        (Literal::List(items), None) => {
            items.iter().map(text_of).collect::<Option<_>>().map(|list| Test::TextIn(read, list))
        }
        (Literal::Pattern(pattern), None) => Some(Test::Like(read, pattern.clone())),
        (Literal::Text(text), None) => Some(Test::Text(read, operator, text.clone())),
        (other, Some(cast)) => int_of(other).map(|right| Test::Cast(read, cast, operator, right)),
        _ => None,
    }
}
