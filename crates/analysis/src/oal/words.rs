//! Canonical words for conditions and values: the names of columns, by which
//! stores recognise them.

use skytrail_lang::oal::{
    AttributeType, Cast, Condition, Literal, Pattern, Schema, SourceDef, Value,
};

/// Spells what rules of one source say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) source: &'a SourceDef,
}

impl Words<'_> {
    pub(crate) fn value(&self, value: &Value) -> String {
        let (attribute, key, cast) = match value {
            Value::Whole => return "*".to_owned(),
            Value::Attribute { attribute, cast } => (*attribute, None, *cast),
            Value::MapEntry { attribute, key, cast } => (*attribute, Some(key), *cast),
        };
        let name = self.source.attributes.get(attribute).map_or("?", |found| found.name);
        let key = key.map(|key| format!("[{key:?}]")).unwrap_or_default();
        let cast = match cast {
            Some(Cast::Long) => "(long)",
            Some(Cast::Int) => "(int)",
            None => "",
        };
        format!("{cast}{name}{key}")
    }

    pub(crate) fn condition(&self, condition: &Condition) -> String {
        let Condition { left, operator, right } = condition;
        format!("{} {} {}", self.value(left), operator.symbol(), self.literal(right))
    }

    fn literal(&self, literal: &Literal) -> String {
        match literal {
            Literal::Null => "null".to_owned(),
            Literal::Bool(value) => value.to_string(),
            Literal::Int(value) => value.to_string(),
            Literal::Float(value) => value.to_string(),
            Literal::Text(text) => format!("{text:?}"),
            Literal::Constant { enumeration, constant } => {
                let found = self.schema.enums.get(*enumeration);
                let name = found.map_or("?", |found| found.name);
                let constant =
                    found.and_then(|found| found.constants.get(*constant)).copied().unwrap_or("?");
                format!("{name}.{constant}")
            }
            Literal::Pattern(Pattern::Prefix(text)) => format!("{:?}", format!("{text}%")),
            Literal::Pattern(Pattern::Suffix(text)) => format!("{:?}", format!("%{text}")),
            Literal::Pattern(Pattern::Infix(text)) => format!("{:?}", format!("%{text}%")),
            Literal::List(items) => {
                let items: Vec<_> = items.iter().map(|item| self.literal(item)).collect();
                format!("[{}]", items.join(", "))
            }
        }
    }

    /// Whether a value is a duration, held in microseconds and answered in
    /// milliseconds.
    pub(crate) fn is_duration(&self, value: &Value) -> bool {
        match value {
            Value::Attribute { attribute, .. } => self
                .source
                .attributes
                .get(*attribute)
                .is_some_and(|found| found.ty == AttributeType::Duration),
            Value::Whole | Value::MapEntry { .. } => false,
        }
    }
}

/// `what[condition && condition]`, the conditions in order; `what` alone
/// without conditions.
pub(crate) fn column_name(what: &str, mut conditions: Vec<String>) -> String {
    if conditions.is_empty() {
        return what.to_owned();
    }
    conditions.sort();
    conditions.dedup();
    format!("{what}[{}]", conditions.join(" && "))
}
