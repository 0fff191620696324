//! Functions and their arguments.

use crate::nearest::nearest;

use super::ast::{
    Aggregation, AttributeCondition, BaselineValue, Expr, LabelAggregation, MathFunction, Node,
    Order, TopN, Trend,
};
use super::error::ParseError;
use super::names::{FUNCTIONS, attribute_index};
use super::parser::{Next, Parser};
use super::token::Token;

fn aggregation(name: &str) -> Option<Aggregation> {
    Some(match name {
        "avg" => Aggregation::Avg,
        "count" => Aggregation::Count,
        "latest" => Aggregation::Latest,
        "sum" => Aggregation::Sum,
        "max" => Aggregation::Max,
        "min" => Aggregation::Min,
        _ => return None,
    })
}

impl Parser<'_> {
    /// The call of a function, or `None` when the name that comes next is not one.
    pub(super) fn function(&mut self) -> Result<Option<Expr>, ParseError> {
        let start = self.span.start;
        let name = self.spelling();
        let Some(name) = FUNCTIONS.into_iter().find(|known| *known == name) else {
            return Ok(None);
        };
        self.advance();
        self.expect(Token::OpenParen, "'('")?;
        let (node, height) = match name {
            "top_n" => (Node::TopN(self.top_n(start)?), 0),
            "top_n_of" => (self.top_n_of()?, 0),
            "increase" => (self.trend(Trend::Increase)?, 0),
            "rate" => (self.trend(Trend::Rate)?, 0),
            "baseline" => (self.baseline()?, 0),
            "view_as_seq" => {
                let (operands, height) = self.operands()?;
                (Node::ViewAsSeq(operands), height)
            }
            "is_present" => {
                let (operands, height) = self.operands()?;
                (Node::IsPresent(operands), height)
            }
            _ => {
                let operand = self.expression(0)?;
                let height = operand.height;
                (self.applied(name, Box::new(operand))?, height)
            }
        };
        // `top_n` has read its own bracket, because it also stands inside `top_n_of`.
        if name != "top_n" {
            self.expect(Token::CloseParen, "',' or ')'")?;
        }
        self.node(start, node, height).map(Some)
    }

    /// A function whose first argument is any expression; the rest of its arguments come next.
    fn applied(&mut self, name: &str, operand: Box<Expr>) -> Result<Node, ParseError> {
        if let Some(function) = aggregation(name) {
            return Ok(Node::Aggregate { function, operand });
        }
        Ok(match name {
            "abs" => Node::Math { function: MathFunction::Abs, operand },
            "ceil" => Node::Math { function: MathFunction::Ceil, operand },
            "floor" => Node::Math { function: MathFunction::Floor, operand },
            "round" => Node::Round { operand, places: self.integer_argument()? },
            "relabels" => {
                self.comma()?;
                let target = self.label()?;
                self.comma()?;
                Node::Relabels { operand, target, replacement: self.label()? }
            }
            "aggregate_labels" => self.aggregate_labels(operand)?,
            "sort_values" => self.sort_values(operand)?,
            _ => {
                let order = self.order_argument()?;
                self.comma()?;
                Node::SortLabelValues { operand, order, labels: self.label_names()? }
            }
        })
    }

    fn comma(&mut self) -> Result<(), ParseError> {
        self.expect(Token::Comma, "','").map(drop)
    }

    fn operands(&mut self) -> Result<(Vec<Expr>, usize), ParseError> {
        let mut operands = vec![self.expression(0)?];
        while self.accept(Token::Comma) {
            operands.push(self.expression(0)?);
        }
        let height = operands.iter().map(|operand| operand.height).max().unwrap_or_default();
        Ok((operands, height))
    }

    /// `, 10`
    fn integer_argument(&mut self) -> Result<u32, ParseError> {
        self.comma()?;
        self.integer()
    }

    fn integer(&mut self) -> Result<u32, ParseError> {
        if self.next != Next::Token(Token::Integer) {
            return Err(self.mismatch("a whole number"));
        }
        match self.spelling().parse().ok().filter(|number| *number <= i32::MAX as u32) {
            Some(number) => {
                self.advance();
                Ok(number)
            }
            None => Err(self.mismatch("a number of at most 2147483647")),
        }
    }

    /// `, des`
    fn order_argument(&mut self) -> Result<Order, ParseError> {
        self.comma()?;
        let order = match self.spelling() {
            word if word.eq_ignore_ascii_case("asc") => Order::Ascending,
            word if word.eq_ignore_ascii_case("des") => Order::Descending,
            word => {
                let mut error = self.mismatch("'asc' or 'des'");
                error.suggestion = nearest(word, ["asc", "des"]);
                return Err(error);
            }
        };
        self.advance();
        Ok(order)
    }

    fn label_names(&mut self) -> Result<Vec<Box<str>>, ParseError> {
        let mut names = vec![self.label_name()?];
        while self.accept(Token::Comma) {
            names.push(self.label_name()?);
        }
        Ok(names)
    }

    /// Behind `top_n(`, up to and with the closing bracket.
    fn top_n(&mut self, start: usize) -> Result<TopN, ParseError> {
        let metric = self.metric("a metric")?;
        let limit = self.integer_argument()?;
        let order = self.order_argument()?;
        let mut attributes = Vec::new();
        while self.accept(Token::Comma) {
            attributes.push(self.attribute_condition()?);
        }
        self.expect(Token::CloseParen, "',' or ')'")?;
        Ok(TopN { metric, limit, order, attributes, span: self.span_from(start) })
    }

    fn attribute_condition(&mut self) -> Result<AttributeCondition, ParseError> {
        let Some(attribute) = attribute_index(self.spelling()) else {
            return Err(self.mismatch("'attr0' to 'attr5'"));
        };
        self.advance();
        let negated = self.accept(Token::NotEqual);
        if !negated {
            self.expect(Token::Assign, "'=' or '!='")?;
        }
        Ok(AttributeCondition { attribute, negated, value: self.quoted()? })
    }

    fn top_n_of(&mut self) -> Result<Node, ParseError> {
        let mut lists = Vec::new();
        while self.next != Next::Token(Token::Integer) || lists.is_empty() {
            let start = self.span.start;
            if self.spelling() != "top_n" {
                return Err(self.mismatch(if lists.is_empty() {
                    "'top_n'"
                } else {
                    "'top_n' or a whole number"
                }));
            }
            self.advance();
            self.expect(Token::OpenParen, "'('")?;
            lists.push(self.top_n(start)?);
            self.comma()?;
        }
        let limit = self.integer()?;
        Ok(Node::TopNOf { lists, limit, order: self.order_argument()? })
    }

    fn trend(&mut self, function: Trend) -> Result<Node, ParseError> {
        let metric = self.metric("a metric")?;
        Ok(Node::Trend { function, metric, steps: self.integer_argument()? })
    }

    fn baseline(&mut self) -> Result<Node, ParseError> {
        let metric = self.metric("a metric")?;
        self.comma()?;
        let value = match self.spelling() {
            "value" => BaselineValue::Value,
            "upper" => BaselineValue::Upper,
            "lower" => BaselineValue::Lower,
            _ => return Err(self.mismatch("'value', 'upper' or 'lower'")),
        };
        self.advance();
        Ok(Node::Baseline { metric, value })
    }

    fn aggregate_labels(&mut self, operand: Box<Expr>) -> Result<Node, ParseError> {
        self.comma()?;
        let function = match self.spelling() {
            "avg" => LabelAggregation::Avg,
            "sum" => LabelAggregation::Sum,
            "max" => LabelAggregation::Max,
            "min" => LabelAggregation::Min,
            _ => return Err(self.mismatch("'avg', 'sum', 'max' or 'min'")),
        };
        self.advance();
        let mut labels = Vec::new();
        if self.accept(Token::OpenParen) {
            labels = self.label_names()?;
            self.expect(Token::CloseParen, "',' or ')'")?;
        }
        Ok(Node::AggregateLabels { operand, function, labels })
    }

    /// The last argument may be empty, as the grammar has it, or missing.
    fn sort_values(&mut self, operand: Box<Expr>) -> Result<Node, ParseError> {
        let limit = self.integer_argument()?;
        let order = self.order_argument()?;
        let mut function = None;
        if self.accept(Token::Comma) && self.next != Next::Token(Token::CloseParen) {
            function = aggregation(self.spelling());
            if function.is_none() {
                return Err(self.mismatch("'avg', 'count', 'latest', 'sum', 'max' or 'min'"));
            }
            self.advance();
        }
        Ok(Node::SortValues { operand, limit, order, function })
    }
}
