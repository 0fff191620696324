//! Expressions as trees.

use crate::Span;

use super::label::{Label, Metric};

/// An expression and where it stands in the text.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub node: Node,
    /// Its text; [`Span::compact`] gives the form that error messages quote.
    pub span: Span,
    /// Levels of nodes, 1 for a leaf; never above [`MAX_DEPTH`](super::MAX_DEPTH), so that recursion
    /// over the tree is safe.
    pub(super) height: usize,
}

/// The kinds of expressions.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `100`, `0.5`: never negative, always finite.
    Scalar(f64),
    /// `service_percentile{p='50'}`
    Metric(Metric),
    /// `(service_cpm > 100)`: kept, because brackets decide whether a comparison stays a truth value.
    Parens(Box<Expr>),
    /// `service_sla / 100`
    Arithmetic {
        /// What is calculated.
        operator: ArithmeticOperator,
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
    },
    /// `service_resp_time > 3000`, `service_resp_time > bool 3000`
    Compare {
        /// What is compared.
        operator: CompareOperator,
        /// Whether `bool` is written; the result is the same.
        bool_modifier: bool,
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
    },
    /// `service_resp_time > 3000 && service_cpm < 1000`
    Logical {
        /// And or or; both bind equally.
        operator: LogicalOperator,
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
    },
    /// `avg(service_cpm)`
    Aggregate {
        /// How points become one value.
        function: Aggregation,
        /// What is aggregated.
        operand: Box<Expr>,
    },
    /// `ceil(service_cpm / 60)`
    Math {
        /// What is done to each value.
        function: MathFunction,
        /// The values.
        operand: Box<Expr>,
    },
    /// `round(service_cpm / 60, 2)`
    Round {
        /// The values.
        operand: Box<Expr>,
        /// Decimal places.
        places: u32,
    },
    /// `increase(service_cpm, 2)`, `rate(service_cpm, 2)`
    Trend {
        /// Absolute or per second.
        function: Trend,
        /// Whose series.
        metric: Metric,
        /// Distance in steps of the query; the evaluator rejects 0.
        steps: u32,
    },
    /// `view_as_seq(not_existing, service_cpm)`: the first that has a value.
    ViewAsSeq(Vec<Expr>),
    /// `is_present(not_existing, service_cpm)`: 1 when any has a value.
    IsPresent(Vec<Expr>),
    /// `top_n(service_cpm, 10, des, attr0='GENERAL')`
    TopN(TopN),
    /// `top_n_of(top_n(service_cpm, 10, des), top_n(k8s_service_cpm, 10, des), 10, des)`
    TopNOf {
        /// The lists to merge, at least one.
        lists: Vec<TopN>,
        /// Entries of the merged list.
        limit: u32,
        /// Order of the merged list.
        order: Order,
    },
    /// `relabels(service_percentile{p='50,75'}, p='50,75', percentile='P50,P75')`
    Relabels {
        /// The labelled values.
        operand: Box<Expr>,
        /// Which label and values to replace.
        target: Label,
        /// By which; the evaluator rejects another number of values.
        replacement: Label,
    },
    /// `aggregate_labels(total_commands_rate, sum(cmd))`
    AggregateLabels {
        /// The labelled values.
        operand: Box<Expr>,
        /// How series become one.
        function: LabelAggregation,
        /// Labels that are kept apart; all series become one when empty.
        labels: Vec<Box<str>>,
    },
    /// `sort_values(service_percentile, 2, des, avg)`
    SortValues {
        /// The labelled values.
        operand: Box<Expr>,
        /// Series that are kept.
        limit: u32,
        /// Order of the series.
        order: Order,
        /// As written; SkyWalking always sorts by the average.
        function: Option<Aggregation>,
    },
    /// `sort_label_values(service_percentile, des, p)`
    SortLabelValues {
        /// The labelled values.
        operand: Box<Expr>,
        /// Order of the series.
        order: Order,
        /// Labels by which to sort, at least one, the most significant first.
        labels: Vec<Box<str>>,
    },
    /// `baseline(service_resp_time, upper)`
    Baseline {
        /// Whose prediction.
        metric: Metric,
        /// Which of its values.
        value: BaselineValue,
    },
}

/// `top_n(service_instance_cpm, 20, des)`: entities by their value, or records.
#[derive(Debug, Clone, PartialEq)]
pub struct TopN {
    /// What to rank by.
    pub metric: Metric,
    /// Entries of the list; the evaluator rejects 0.
    pub limit: u32,
    /// Largest or smallest first.
    pub order: Order,
    /// All must hold.
    pub attributes: Vec<AttributeCondition>,
    /// The whole call.
    pub span: Span,
}

/// `attr0='GENERAL'`, `attr1!='x'`: a condition on an additional attribute of the metric.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeCondition {
    /// 0 for `attr0` to 5 for `attr5`.
    pub attribute: u8,
    /// `true` for `!=`.
    pub negated: bool,
    /// The text without quotes.
    pub value: Box<str>,
}

/// `*` `/` `%` bind tighter than `+` `-`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArithmeticOperator {
    /// `a + b`
    Add,
    /// `a - b`
    Subtract,
    /// `a * b`
    Multiply,
    /// `a / b`
    Divide,
    /// `a % b`
    Modulo,
}

/// Comparisons, which bind weaker than arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareOperator {
    /// `a == b`
    Equal,
    /// `a != b`
    NotEqual,
    /// `a > b`
    Greater,
    /// `a >= b`
    GreaterEqual,
    /// `a < b`
    Less,
    /// `a <= b`
    LessEqual,
}

/// Both bind weakest, at one level: `a || b && c` is `(a || b) && c`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogicalOperator {
    /// `a > 1 && b > 1`
    And,
    /// `a > 1 || b > 1`
    Or,
}

/// How points of a series become one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aggregation {
    /// `avg(service_cpm)`
    Avg,
    /// `count(service_cpm)`
    Count,
    /// `latest(service_cpm)`
    Latest,
    /// `sum(service_cpm)`
    Sum,
    /// `max(service_cpm)`
    Max,
    /// `min(service_cpm)`
    Min,
}

/// How labelled series become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelAggregation {
    /// `aggregate_labels(m, avg)`
    Avg,
    /// `aggregate_labels(m, sum(cmd))`
    Sum,
    /// `aggregate_labels(m, max)`
    Max,
    /// `aggregate_labels(m, min)`
    Min,
}

/// What is done to each value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MathFunction {
    /// `abs(a - b)`
    Abs,
    /// `ceil(a / b)`
    Ceil,
    /// `floor(a / b)`
    Floor,
}

/// Change over a number of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trend {
    /// `increase(service_cpm, 2)`
    Increase,
    /// `rate(service_cpm, 2)`: the increase per second.
    Rate,
}

/// Order of a list; case does not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// `asc`: smallest first.
    Ascending,
    /// `des`: largest first.
    Descending,
}

/// Which value of a prediction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BaselineValue {
    /// `baseline(service_resp_time, value)`
    Value,
    /// `baseline(service_resp_time, upper)`
    Upper,
    /// `baseline(service_resp_time, lower)`
    Lower,
}
