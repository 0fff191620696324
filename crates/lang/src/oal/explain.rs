//! What a rule does, in words.

use std::fmt;

use super::program::{Cast, Condition, Function, Literal, Operator, Pattern, Rule, Value};
use super::schema::{AttributeType, Schema, SourceDef};

/// A rule shown by its source, scope, value, filters and function; see [`explain`].
#[derive(Debug, Clone, Copy)]
pub struct Explanation<'a> {
    rule: &'a Rule,
    schema: &'a Schema,
}

/// Says what `rule` does, one property a line, names and units as rules write them. `schema` is the
/// one the rule was checked against.
///
/// ```text
/// service_mq_consume_latency  core.oal:9:1
///   source     Service
///   scope      SERVICE
///   value      tag["transmission.latency"] as long
///   filter     type == RequestType.MQ
///   filter     tag["transmission.latency"] != null
///   function   longAvg()
/// ```
pub fn explain<'a>(rule: &'a Rule, schema: &'a Schema) -> Explanation<'a> {
    Explanation { rule, schema }
}

impl fmt::Display for Explanation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rule, schema } = *self;
        let place = &rule.position;
        write!(f, "{}  {}:{}:{}", rule.name, place.file, place.line, place.column)?;
        let Some(source) = schema.sources.get(rule.source) else { return Ok(()) };
        let words = Words { schema, source };
        write!(f, "\n  source     {}", source.name)?;
        write!(f, "\n  scope      {}", source.scope)?;
        write!(f, "\n  value      {}", words.value(&rule.value))?;
        for filter in &rule.filters {
            write!(f, "\n  filter     {}", words.condition(filter))?;
        }
        write!(f, "\n  function   {}({})", rule.function.name(), words.arguments(&rule.function))?;
        match rule.decorator.and_then(|index| schema.decorators.get(index)) {
            Some(decorator) => write!(f, "\n  decorator  {}", decorator.name),
            None => Ok(()),
        }
    }
}

struct Words<'a> {
    schema: &'a Schema,
    source: &'static SourceDef,
}

impl Words<'_> {
    fn value(&self, value: &Value) -> String {
        let (attribute, key, cast) = match value {
            Value::Whole => return "every event".into(),
            Value::Attribute { attribute, cast } => (*attribute, None, *cast),
            Value::MapEntry { attribute, key, cast } => (*attribute, Some(key), *cast),
        };
        let mut words = self.attribute(attribute).map_or("?", |(name, _)| name).to_string();
        if let Some(key) = key {
            words.push_str(&format!("[{key:?}]"));
        }
        words.push_str(match cast {
            Some(Cast::Long) => " as long",
            Some(Cast::Int) => " as int",
            None => "",
        });
        words
    }

    fn attribute(&self, index: usize) -> Option<(&'static str, AttributeType)> {
        self.source.attributes.get(index).map(|attribute| (attribute.name, attribute.ty))
    }

    fn condition(&self, condition: &Condition) -> String {
        let milliseconds = match &condition.left {
            Value::Attribute { attribute, .. } => {
                self.attribute(*attribute).is_some_and(|(_, ty)| ty == AttributeType::Duration)
            }
            _ => false,
        };
        let Condition { left, operator, right } = condition;
        let operator: Operator = *operator;
        let right = self.literal(right, milliseconds);
        format!("{} {} {right}", self.value(left), operator.symbol())
    }

    fn literal(&self, literal: &Literal, milliseconds: bool) -> String {
        match literal {
            Literal::Null => "null".into(),
            Literal::Bool(value) => value.to_string(),
            Literal::Int(value) if milliseconds => format!("{} ms", *value as f64 / 1_000.0),
            Literal::Int(value) => value.to_string(),
            Literal::Float(value) => value.to_string(),
            Literal::Text(value) => format!("{value:?}"),
            Literal::Constant { enumeration, constant } => self.constant(*enumeration, *constant),
            Literal::Pattern(Pattern::Prefix(text)) => format!("{:?}", format!("{text}%")),
            Literal::Pattern(Pattern::Suffix(text)) => format!("{:?}", format!("%{text}")),
            Literal::Pattern(Pattern::Infix(text)) => format!("{:?}", format!("%{text}%")),
            Literal::List(items) => {
                let items: Vec<_> =
                    items.iter().map(|item| self.literal(item, milliseconds)).collect();
                format!("[{}]", items.join(", "))
            }
        }
    }

    fn constant(&self, enumeration: usize, constant: usize) -> String {
        let Some(definition) = self.schema.enums.get(enumeration) else { return "?".into() };
        let constant = definition.constants.get(constant).copied().unwrap_or("?");
        format!("{}.{constant}", definition.name)
    }

    fn arguments(&self, function: &Function) -> String {
        match function {
            Function::LongAvg
            | Function::DoubleAvg
            | Function::Sum
            | Function::Count
            | Function::Max
            | Function::Min
            | Function::MaxDouble
            | Function::MinDouble
            | Function::Percentile
            | Function::Percentile2
            | Function::Cpm => String::new(),
            Function::Percent(condition) => self.condition(condition),
            Function::Rate { numerator, denominator } => {
                format!("{}, {}", self.condition(numerator), self.condition(denominator))
            }
            Function::Apdex { name, status } => {
                format!("name {}, status {}", self.value(name), self.value(status))
            }
            Function::Histogram { step, steps } => format!("step {step}, {steps} steps"),
            Function::LabelAvg { label, value, limit } => {
                let (label, value) = (self.value(label), self.value(value));
                format!("label {label}, value {value}, at most {limit} labels")
            }
            Function::LabelCount { label, limit } => {
                format!("label {}, at most {limit} labels", self.value(label))
            }
        }
    }
}
