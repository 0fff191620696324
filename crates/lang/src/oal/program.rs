//! Checked rules: every name is resolved, every literal has the type it is compared as.

use std::sync::Arc;

/// The most label values a `labelAvg` or `labelCount` may keep per entity and
/// minute: what a cell of a metric table holds.
pub const MAX_LABELS: u32 = skytrail_model::metric::MAX_LABELS as u32;

/// The most buckets of a `histogram`, each of them a label; the open last one is
/// one more.
pub const MAX_BUCKETS: u32 = MAX_LABELS - 1;

/// What the rule files say, in the order of files and rules.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Program {
    /// The metrics. Their names are unique.
    pub rules: Vec<Rule>,
    /// Names of the streams that `disable(…)` switches off; not checked against anything here.
    pub disabled: Vec<Name>,
}

/// A name and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: Box<str>,
    /// Its first character.
    pub position: Position,
}

/// A place in a rule file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Name of the file, as the caller gave it.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

/// One metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Name of the metric.
    pub name: Box<str>,
    /// Index into [`Schema::sources`](super::Schema::sources); attribute indexes in this rule are
    /// into that source's attributes.
    pub source: usize,
    /// What the function aggregates.
    pub value: Value,
    /// All must hold for a source event to count.
    pub filters: Vec<Condition>,
    /// How events become the metric.
    pub function: Function,
    /// Index into [`Schema::decorators`](super::Schema::decorators).
    pub decorator: Option<usize>,
    /// Where the rule begins.
    pub position: Position,
}

/// What is read from a source event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// The event itself, `Service.*`. Only as the value of a rule.
    Whole,
    /// An attribute: `Service.latency`.
    Attribute {
        /// Index into the source's attributes.
        attribute: usize,
        /// Only on attributes of type text.
        cast: Option<Cast>,
    },
    /// The entry of a map of text: `(str->long)Service.tag["transmission.latency"]`.
    MapEntry {
        /// Index into the source's attributes.
        attribute: usize,
        /// The key, escapes resolved.
        key: Box<str>,
        /// How the text is read as a number.
        cast: Option<Cast>,
    },
}

/// How text is read as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cast {
    /// `(str->long)` or `(long)`: a signed 64-bit number.
    Long,
    /// `(str->int)` or `(int)`: a signed 32-bit number.
    Int,
}

/// `left operator right`, for example `latency >= 100`.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Never [`Value::Whole`].
    pub left: Value,
    /// How the sides are compared.
    pub operator: Operator,
    /// Of the type the left side has, see [`Literal`].
    pub right: Literal,
}

/// How a condition compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `==`, any literal but a pattern or a list.
    Equal,
    /// `!=`, any literal but a pattern or a list.
    NotEqual,
    /// `>`, numbers.
    Greater,
    /// `>=`, numbers.
    GreaterEqual,
    /// `<`, numbers.
    Less,
    /// `<=`, numbers.
    LessEqual,
    /// `like "%x"`, text with [`Literal::Pattern`]; absent text never matches.
    Like,
    /// `in [1, 2]`, with [`Literal::List`].
    In,
    /// `contain "x"`, lists; an absent list never matches.
    Contain,
    /// `not contain "x"`, lists; an absent list never matches.
    NotContain,
}

/// The right side of a condition, already of the left side's type: an attribute of type `Float` meets
/// `Float`, one of type `Int` or text with a cast `Int`, one of type `Duration` `Int` in microseconds.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Absent; only against text, map entries and enumerations.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number; microseconds when the left side is a duration (the rule wrote milliseconds).
    Int(i64),
    /// A finite number.
    Float(f64),
    /// Text, escapes resolved.
    Text(Box<str>),
    /// A constant of an enumeration.
    Constant {
        /// Index into [`Schema::enums`](super::Schema::enums).
        enumeration: usize,
        /// Index into that enumeration's constants.
        constant: usize,
    },
    /// What `like` looks for.
    Pattern(Pattern),
    /// At least one literal, all of the same kind: `Int`, `Float`, `Text` or `Constant`.
    List(Vec<Literal>),
}

/// The pattern of `like`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// `"x%"`.
    Prefix(Box<str>),
    /// `"%x"`.
    Suffix(Box<str>),
    /// `"%x%"`.
    Infix(Box<str>),
}

/// How events of one entity and minute become a value. Steps and precisions are in the unit in which
/// rules write the value: milliseconds for durations.
#[derive(Debug, Clone, PartialEq)]
pub enum Function {
    /// Sum of the value divided by the number of events, both whole.
    LongAvg,
    /// The same, fractional.
    DoubleAvg,
    /// Sum of the value.
    Sum,
    /// Number of events.
    Count,
    /// Largest value, whole.
    Max,
    /// Smallest value, whole.
    Min,
    /// Largest value, fractional.
    MaxDouble,
    /// Smallest value, fractional.
    MinDouble,
    /// Events per minute.
    Cpm,
    /// Share of the events that match, 10000 is all.
    Percent(Condition),
    /// Matches of one condition per match of another, 10000 is one to one.
    Rate {
        /// Above the line.
        numerator: Condition,
        /// Below the line.
        denominator: Condition,
    },
    /// Ranks 50, 75, 90, 95, 99 in the label form before SkyWalking 10 (`percentile`). The precision
    /// that a rule names is checked and not kept: buckets are finer than any it can ask for.
    Percentile,
    /// Ranks 50, 75, 90, 95, 99 with the label `p` (`percentile2`), likewise.
    Percentile2,
    /// Apdex score of the value, 10000 is best.
    Apdex {
        /// Text that selects the threshold, usually the service name.
        name: Value,
        /// Boolean; an unsuccessful event is frustrated whatever its value.
        status: Value,
    },
    /// Events per bucket of the value.
    Histogram {
        /// Width of a bucket, at least 1.
        step: u32,
        /// Number of buckets below the open last one, 1 to [`MAX_BUCKETS`].
        steps: u32,
    },
    /// Average of a value per label value.
    LabelAvg {
        /// Text that becomes the label value.
        label: Value,
        /// Number to average.
        value: Value,
        /// The most label values kept, 1 to [`MAX_LABELS`], which is the default.
        limit: u32,
    },
    /// Number of events per label value.
    LabelCount {
        /// Text that becomes the label value.
        label: Value,
        /// The most label values kept, 1 to [`MAX_LABELS`], which is the default.
        limit: u32,
    },
}

impl Function {
    /// The name in rules.
    pub fn name(&self) -> &'static str {
        match self {
            Self::LongAvg => "longAvg",
            Self::DoubleAvg => "doubleAvg",
            Self::Sum => "sum",
            Self::Count => "count",
            Self::Max => "max",
            Self::Min => "min",
            Self::MaxDouble => "maxDouble",
            Self::MinDouble => "minDouble",
            Self::Cpm => "cpm",
            Self::Percent(_) => "percent",
            Self::Rate { .. } => "rate",
            Self::Percentile => "percentile",
            Self::Percentile2 => "percentile2",
            Self::Apdex { .. } => "apdex",
            Self::Histogram { .. } => "histogram",
            Self::LabelAvg { .. } => "labelAvg",
            Self::LabelCount { .. } => "labelCount",
        }
    }
}

impl Operator {
    /// The operator as rules write it.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Like => "like",
            Self::In => "in",
            Self::Contain => "contain",
            Self::NotContain => "not contain",
        }
    }
}
