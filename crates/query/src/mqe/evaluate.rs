//! Evaluating the tree, once everything it names is read.

use std::collections::HashMap;

use skytrail_lang::mqe::{
    ArithmeticOperator, CompareOperator, Expr, LogicalOperator, Metric, Node, TopN,
};

use super::operate::{Operation, operate};
use super::shape::ExpressionResultType as Kind;
use super::value::{Failure, Outcome, Values};
use super::{function, label, list};
use crate::time::Step;

/// What the metrics of an expression came to, by where they stand in it.
pub(super) type Leaves = HashMap<usize, Outcome>;

/// What an expression stands in, as far as truth values care.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Nothing,
    Parens,
    Logical,
    Other,
}

/// An expression with everything that it needs.
pub(super) struct Evaluation<'a> {
    pub(super) source: &'a str,
    pub(super) step: Step,
    pub(super) leaves: &'a Leaves,
}

impl Evaluation<'_> {
    /// What the whole expression comes to.
    pub(super) fn run(&self, expr: &Expr) -> Outcome {
        self.of(expr, Around::Nothing)
    }

    fn of(&self, expr: &Expr, around: Around) -> Outcome {
        let operand = |expr: &Expr| self.of(expr, Around::Other);
        match &expr.node {
            Node::Scalar(number) => Ok(Values::single(Some(*number))),
            Node::Metric(metric) | Node::Baseline { metric, .. } => self.leaf(metric),
            Node::TopN(ranking) => self.leaf(&ranking.metric),
            Node::Parens(inner) => {
                let mut values = self.of(inner, Around::Parens)?;
                values.truth &= matches!(around, Around::Logical | Around::Parens);
                Ok(values)
            }
            Node::Arithmetic { operator, left, right } => {
                operate("binary", operand(left)?, operand(right)?, arithmetic(*operator))
            }
            Node::Compare { operator, left, right, .. } => {
                let values =
                    operate("compare", operand(left)?, operand(right)?, comparison(*operator))?;
                Ok(truth(values, around))
            }
            Node::Logical { operator, left, right } => {
                self.logical(*operator, (left, right), around)
            }
            Node::Aggregate { function, operand: of } => {
                function::aggregate(*function, operand(of)?)
            }
            Node::Math { function, operand: of } => {
                Ok(function::mathematics(*function, operand(of)?))
            }
            Node::Round { operand: of, places } => Ok(function::round(*places, operand(of)?)),
            Node::Trend { function, metric, steps } => {
                if *steps == 0 {
                    return Err(Failure::new("The trend range must be greater than 0."));
                }
                let values = self.leaf(metric)?;
                if values.kind != Kind::TimeSeriesValues {
                    let text = metric.span.compact(self.source);
                    let message =
                        format!("The result of expression [{text}] is not a time series result.");
                    return Err(Failure { kind: values.kind, message });
                }
                Ok(function::trend(*function, *steps, self.step, values))
            }
            Node::ViewAsSeq(operands) => self.view_as_seq(operands),
            Node::IsPresent(operands) => {
                let present = |expr| self.of(expr, Around::Other).is_ok_and(|v| v.has_value());
                let present = operands.iter().any(present);
                Ok(Values::single(Some(f64::from(u8::from(present)))))
            }
            Node::TopNOf { lists, limit, order } => {
                let lists: Result<Vec<_>, _> =
                    lists.iter().map(|ranking: &TopN| self.leaf(&ranking.metric)).collect();
                list::merge(lists?, *limit, *order)
            }
            _ => self.labels(expr),
        }
    }

    fn labels(&self, expr: &Expr) -> Outcome {
        let labelled = |of: &Expr| {
            label::need_labels(self.of(of, Around::Other)?, &of.span.compact(self.source))
        };
        match &expr.node {
            Node::Relabels { operand, target, replacement } => {
                label::relabel(labelled(operand)?, target, replacement)
            }
            Node::AggregateLabels { operand, function, labels } => {
                Ok(label::aggregate_labels(labelled(operand)?, *function, labels))
            }
            Node::SortValues { operand, limit, order, .. } => {
                Ok(label::sort_values(self.of(operand, Around::Other)?, *limit, *order))
            }
            Node::SortLabelValues { operand, order, labels } => {
                Ok(label::sort_label_values(self.of(operand, Around::Other)?, *order, labels))
            }
            _ => Err(Failure::new("Unsupported function.")),
        }
    }

    fn leaf(&self, metric: &Metric) -> Outcome {
        self.leaves.get(&metric.span.start).cloned().unwrap_or_else(|| {
            Err(Failure::new(format!("Metric: [{}] was not read.", metric.name)))
        })
    }

    fn logical(
        &self,
        operator: LogicalOperator,
        (left, right): (&Expr, &Expr),
        around: Around,
    ) -> Outcome {
        let left = self.of(left, Around::Logical)?;
        let right = self.of(right, Around::Logical)?;
        for (values, side) in [(&left, "left"), (&right, "right")] {
            if !values.truth {
                return Err(Failure::new(format!(
                    "Bool Operation: The result of the {side} expression is not a compare result."
                )));
            }
        }
        Ok(truth(operate("bool", left, right, logic(operator))?, around))
    }

    /// The first operand with any value, else the first one.
    fn view_as_seq(&self, operands: &[Expr]) -> Outcome {
        let mut first = None;
        for operand in operands {
            let outcome = self.of(operand, Around::Other);
            if outcome.as_ref().is_ok_and(Values::has_value) {
                return outcome;
            }
            first.get_or_insert(outcome);
        }
        first.unwrap_or_else(|| Err(Failure::new("view_as_seq needs an expression.")))
    }
}

fn truth(mut values: Values, around: Around) -> Values {
    values.truth = around != Around::Other;
    values
}

fn arithmetic(operator: ArithmeticOperator) -> Operation {
    match operator {
        ArithmeticOperator::Add => |left, right| left + right,
        ArithmeticOperator::Subtract => |left, right| left - right,
        ArithmeticOperator::Multiply => |left, right| left * right,
        ArithmeticOperator::Divide => |left, right| left / right,
        ArithmeticOperator::Modulo => |left, right| left % right,
    }
}

#[expect(clippy::float_cmp, reason = "the language compares exactly")]
fn comparison(operator: CompareOperator) -> Operation {
    match operator {
        CompareOperator::Equal => |left, right| one_if(left == right),
        CompareOperator::NotEqual => |left, right| one_if(left != right),
        CompareOperator::Greater => |left, right| one_if(left > right),
        CompareOperator::GreaterEqual => |left, right| one_if(left >= right),
        CompareOperator::Less => |left, right| one_if(left < right),
        CompareOperator::LessEqual => |left, right| one_if(left <= right),
    }
}

fn logic(operator: LogicalOperator) -> Operation {
    match operator {
        LogicalOperator::And => |left, right| one_if(left > 0.0 && right > 0.0),
        LogicalOperator::Or => |left, right| one_if(left > 0.0 || right > 0.0),
    }
}

fn one_if(truth: bool) -> f64 {
    f64::from(u8::from(truth))
}

#[cfg(test)]
mod tests;
