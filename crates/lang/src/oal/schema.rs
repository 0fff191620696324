//! What rules may speak of: sources with their attributes, enumerations and decorators.

/// Everything that names in rules are checked against. Const-constructible, so that the owner of the
/// sources keeps it as static data.
#[derive(Debug, Clone, Copy)]
pub struct Schema {
    /// The sources that `from(…)` accepts.
    pub sources: &'static [SourceDef],
    /// The enumerations whose constants conditions compare with.
    pub enums: &'static [EnumDef],
    /// What `.decorator("…")` accepts.
    pub decorators: &'static [DecoratorDef],
}

/// One source, for example `Service`.
#[derive(Debug, Clone, Copy)]
pub struct SourceDef {
    /// Name in rules, for example `ServiceRelation`.
    pub name: &'static str,
    /// Catalogue name of the scope whose entities the metric describes, for example
    /// `SERVICE_RELATION`; only shown in explanations.
    pub scope: &'static str,
    /// Attributes in the order of their indexes.
    pub attributes: &'static [AttributeDef],
}

/// One attribute of a source.
#[derive(Debug, Clone, Copy)]
pub struct AttributeDef {
    /// Name in rules; a nested one is dotted, for example `protocol.http.latency`.
    pub name: &'static str,
    /// What it holds.
    pub ty: AttributeType,
}

/// What an attribute holds, which decides the conditions and functions that fit it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeType {
    /// A whole number.
    Int,
    /// A fractional number.
    Float,
    /// Text, possibly absent.
    Text,
    /// `true` or `false`.
    Bool,
    /// A duration held in microseconds; rules write milliseconds.
    Duration,
    /// A constant of the named enumeration of [`Schema::enums`], possibly absent.
    Enum(&'static str),
    /// Text by key, read as `tag["key"]`; an absent key is null.
    TextMap,
    /// Texts, asked with `contain` and `not contain`.
    TextList,
    /// Whole numbers, asked with `contain` and `not contain`.
    IntList,
}

/// One enumeration, for example `DetectPoint`.
#[derive(Debug, Clone, Copy)]
pub struct EnumDef {
    /// Name in rules.
    pub name: &'static str,
    /// Constants in the order of their indexes, for example `["SERVER", "CLIENT", "PROXY"]`.
    pub constants: &'static [&'static str],
}

/// A decorator, which sets the additional attributes (`attr0`…) of a metric.
#[derive(Debug, Clone, Copy)]
pub struct DecoratorDef {
    /// Name in rules, for example `ServiceDecorator`.
    pub name: &'static str,
    /// Names of the sources it can decorate.
    pub sources: &'static [&'static str],
}

impl Schema {
    /// Index and definition of a source.
    pub fn source(&self, name: &str) -> Option<(usize, &'static SourceDef)> {
        self.sources.iter().enumerate().find(|(_, source)| source.name == name)
    }

    /// Index and definition of an enumeration.
    pub fn enumeration(&self, name: &str) -> Option<(usize, &'static EnumDef)> {
        self.enums.iter().enumerate().find(|(_, enumeration)| enumeration.name == name)
    }
}

impl SourceDef {
    /// Index and definition of an attribute.
    pub fn attribute(&self, name: &str) -> Option<(usize, &'static AttributeDef)> {
        self.attributes.iter().enumerate().find(|(_, attribute)| attribute.name == name)
    }
}

impl AttributeType {
    /// The type with its article, as messages name it: `a duration`.
    pub(super) fn described(self) -> String {
        match self {
            Self::Int => "a whole number".into(),
            Self::Float => "a number".into(),
            Self::Text => "text".into(),
            Self::Bool => "a boolean".into(),
            Self::Duration => "a duration in milliseconds".into(),
            Self::Enum(name) => format!("a constant of `{name}`"),
            Self::TextMap => "a map of text".into(),
            Self::TextList => "a list of text".into(),
            Self::IntList => "a list of whole numbers".into(),
        }
    }

    /// Whether a function can calculate with it.
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Float | Self::Duration)
    }
}
