//! Walking over expressions.

use super::ast::{Expr, Node};
use super::label::Metric;

impl Expr {
    /// The metrics it reads, from left to right, repeated ones as often as they are written.
    ///
    /// ```
    /// let parsed = skytrail_lang::mqe::parse("a / top_n(b, 1, des) + rate(a, 1)").unwrap();
    /// let names: Vec<&str> = parsed.expr.metrics().map(|metric| &*metric.name).collect();
    /// assert_eq!(names, ["a", "b", "a"]);
    /// ```
    pub fn metrics(&self) -> Metrics<'_> {
        Metrics { open: vec![Item::Expr(self)] }
    }
}

/// Iterator of [`Expr::metrics`].
#[derive(Debug)]
pub struct Metrics<'a> {
    /// What is still to be visited, the next one last.
    open: Vec<Item<'a>>,
}

#[derive(Debug)]
enum Item<'a> {
    Expr(&'a Expr),
    Metric(&'a Metric),
}

impl<'a> Iterator for Metrics<'a> {
    type Item = &'a Metric;

    fn next(&mut self) -> Option<&'a Metric> {
        loop {
            match self.open.pop()? {
                Item::Metric(metric) => return Some(metric),
                Item::Expr(expr) => self.push(&expr.node),
            }
        }
    }
}

impl<'a> Metrics<'a> {
    fn push(&mut self, node: &'a Node) {
        match node {
            Node::Scalar(_) => {}
            Node::Metric(metric) | Node::Trend { metric, .. } | Node::Baseline { metric, .. } => {
                self.open.push(Item::Metric(metric));
            }
            Node::TopN(list) => self.open.push(Item::Metric(&list.metric)),
            Node::TopNOf { lists, .. } => {
                self.open.extend(lists.iter().rev().map(|list| Item::Metric(&list.metric)));
            }
            Node::ViewAsSeq(operands) | Node::IsPresent(operands) => {
                self.open.extend(operands.iter().rev().map(Item::Expr));
            }
            Node::Arithmetic { left, right, .. }
            | Node::Compare { left, right, .. }
            | Node::Logical { left, right, .. } => {
                self.open.extend([Item::Expr(right), Item::Expr(left)]);
            }
            Node::Parens(operand)
            | Node::Aggregate { operand, .. }
            | Node::Math { operand, .. }
            | Node::Round { operand, .. }
            | Node::Relabels { operand, .. }
            | Node::AggregateLabels { operand, .. }
            | Node::SortValues { operand, .. }
            | Node::SortLabelValues { operand, .. } => self.open.push(Item::Expr(operand)),
        }
    }
}
