//! Reading what an expression names.

use std::collections::HashMap;
use std::sync::Arc;

use skytrail_lang::mqe::{Expr, Label, Metric, Node, Order as ListOrder, TopN};
use skytrail_model::metric::{self as model, MetricValue};
use skytrail_model::record::TopRecord;

use super::evaluate::Leaves;
use super::list::list;
use super::shape::ExpressionResultType as Kind;
use super::value::{Entry, Failure, Marks, Outcome, Series, Values};
use crate::context::Ctx;
use crate::entity::{EntityCondition, KeyValue, Order};
use crate::error::Result;
use crate::metrics::{
    Attribute, Known, LabelledSeries, MetricsType, RankRead, TopNCondition, by_label,
};
use crate::query::Query;
use crate::time::{Points, Window};

/// A metric in an expression, and what for.
enum Leaf<'a> {
    /// Its series, with so many steps before the first one.
    Series(&'a Metric, u32),
    /// The entities with the first values.
    Ranking(&'a TopN),
    /// A prediction, of which there is none.
    Baseline(&'a Metric),
}

impl Leaf<'_> {
    fn metric(&self) -> &Metric {
        match self {
            Self::Series(metric, _) | Self::Baseline(metric) => metric,
            Self::Ranking(ranking) => &ranking.metric,
        }
    }
}

fn collect<'a>(expr: &'a Expr, leaves: &mut Vec<Leaf<'a>>) {
    match &expr.node {
        Node::Scalar(_) => {}
        Node::Metric(metric) => leaves.push(Leaf::Series(metric, 0)),
        Node::Trend { metric, steps, .. } => leaves.push(Leaf::Series(metric, *steps)),
        Node::Baseline { metric, .. } => leaves.push(Leaf::Baseline(metric)),
        Node::TopN(ranking) => leaves.push(Leaf::Ranking(ranking)),
        Node::TopNOf { lists, .. } => leaves.extend(lists.iter().map(Leaf::Ranking)),
        Node::ViewAsSeq(operands) | Node::IsPresent(operands) => {
            operands.iter().for_each(|operand| collect(operand, leaves));
        }
        Node::Arithmetic { left, right, .. }
        | Node::Compare { left, right, .. }
        | Node::Logical { left, right, .. } => {
            collect(left, leaves);
            collect(right, leaves);
        }
        Node::Parens(operand)
        | Node::Aggregate { operand, .. }
        | Node::Math { operand, .. }
        | Node::Round { operand, .. }
        | Node::Relabels { operand, .. }
        | Node::AggregateLabels { operand, .. }
        | Node::SortValues { operand, .. }
        | Node::SortLabelValues { operand, .. } => collect(operand, leaves),
    }
}

/// What is read once however often an expression names it.
type Read = HashMap<(String, u32), Arc<Vec<MetricValue>>>;

/// Reads for one expression.
pub(super) struct Reader<'a> {
    pub(super) query: &'a Query,
    pub(super) ctx: &'a Ctx,
    pub(super) entity: &'a EntityCondition,
    pub(super) window: Window,
}

impl Reader<'_> {
    /// Reads every metric of an expression.
    ///
    /// # Errors
    /// When the store fails, a limit is exceeded or the range has too many
    /// steps. What is wrong with a metric is part of the answer.
    pub(super) async fn leaves(&self, expr: &Expr) -> Result<Leaves> {
        let mut found = Vec::new();
        collect(expr, &mut found);
        let mut read = Read::new();
        let mut leaves = Leaves::new();
        for leaf in found {
            let outcome = self.leaf(&leaf, &mut read).await?;
            leaves.insert(leaf.metric().span.start, outcome);
        }
        Ok(leaves)
    }

    async fn leaf(&self, leaf: &Leaf<'_>, read: &mut Read) -> Result<Outcome> {
        let metric = leaf.metric();
        let Some(known) = self.query.known(&metric.name) else {
            return Ok(Err(Failure::new(format!("Metric: [{}] does not exist.", metric.name))));
        };
        match leaf {
            Leaf::Series(..) | Leaf::Baseline(_)
                if known.r#type() == MetricsType::SampledRecord =>
            {
                Ok(Err(Failure::new(format!(
                    "Metric: [{}] is topN record, need top_n function for query.",
                    metric.name
                ))))
            }
            Leaf::Series(metric, steps) => self.series(metric, known, *steps, read).await,
            Leaf::Baseline(_) => self.baseline(known),
            Leaf::Ranking(ranking) => self.ranking(ranking, known).await,
        }
    }

    async fn series(
        &self,
        metric: &Metric,
        known: Known<'_>,
        steps: u32,
        read: &mut Read,
    ) -> Result<Outcome> {
        let labelled = match known.r#type() {
            MetricsType::RegularValue => false,
            MetricsType::LabeledValue => true,
            _ => return Ok(Ok(Values::of(Kind::Unknown, Vec::new()))),
        };
        let window = self.window.extended(steps, &self.query.zone)?;
        let points = window.points(&self.query.zone)?;
        let (Known::Metric(model, _), Some(entity)) = (known, self.entity.entity(known.scope()))
        else {
            // Without an entity there is nothing, which has a shape only when it has labels.
            let kind = if labelled { Kind::TimeSeriesValues } else { Kind::Unknown };
            return Ok(Ok(Values { labelled, ..Values::of(kind, Vec::new()) }));
        };
        let key = (metric.name.to_string(), steps);
        let values = match read.get(&key) {
            Some(values) => values.clone(),
            None => {
                self.ctx.charge(points.len())?;
                let values = self.query.series(self.ctx, model, &entity, &points).await?;
                read.entry(key).or_insert(Arc::new(values)).clone()
            }
        };
        Ok(Ok(series_values(&values, &points, labelled.then_some(metric.labels.as_slice()))))
    }

    fn baseline(&self, known: Known<'_>) -> Result<Outcome> {
        let points = self.window.points(&self.query.zone)?;
        let mut values = Values::of(Kind::TimeSeriesValues, Vec::new());
        if known.r#type() == MetricsType::LabeledValue {
            values.labelled = true;
        } else {
            let marks = Marks::Times(points.millis.as_slice().into());
            let nothing = vec![None; points.len()];
            values.series.push(Series { labels: Vec::new(), marks, values: nothing });
        }
        Ok(Ok(values))
    }

    async fn ranking(&self, ranking: &TopN, known: Known<'_>) -> Result<Outcome> {
        let name = &ranking.metric.name;
        if ranking.limit == 0 {
            return Ok(Err(Failure::new("TopN value must be > 0.")));
        }
        match known {
            Known::Records(stream) => {
                let entity = self.entity.entity(known.scope()).map(|entity| entity.id());
                let take = (i64::from(ranking.limit), order(ranking.order));
                let records = match entity {
                    Some(id) => {
                        let window = &self.window;
                        self.query.top_records(self.ctx, stream, id, window, take).await?
                    }
                    None => Vec::new(),
                };
                Ok(Ok(list(Kind::RecordList, records.into_iter().map(record).collect())))
            }
            Known::Metric(..) if known.r#type() != MetricsType::RegularValue => {
                Ok(Err(Failure::new(format!(
                    "Metric: [{name}] is labeled value, does not support top_n query."
                ))))
            }
            Known::Metric(metric, _) => self.entities(ranking, metric, known).await,
        }
    }

    async fn entities(
        &self,
        ranking: &TopN,
        metric: &model::Metric,
        known: Known<'_>,
    ) -> Result<Outcome> {
        if let Some(attribute) = ranking.attributes.first()
            && !metric.has_layer_attribute
        {
            return Ok(Err(Failure::new(format!(
                "The attribute [attr{}] is not a queryable column of metric [{}], so it can not be used as a top_n condition.",
                attribute.attribute, ranking.metric.name
            ))));
        }
        let parent = TopNCondition {
            name: String::new(),
            parent_service: self.entity.service_name.clone(),
            normal: self.entity.normal,
            top_n: 0,
            order: Order::Des,
        }
        .parent();
        let Some(parent) = parent else { return Ok(Ok(list(Kind::SortedList, Vec::new()))) };
        let with_service = parent.is_none();
        let attributes = ranking.attributes.iter().map(|condition| Attribute {
            number: condition.attribute,
            value: &condition.value,
            negated: condition.negated,
        });
        let read = RankRead {
            metric,
            scope: known.scope(),
            parent,
            attributes: attributes.collect(),
            limit: ranking.limit as usize,
            order: order(ranking.order),
            window: self.window,
        };
        let ranked = self.query.rank(self.ctx, read).await?;
        let entry = |ranked: &crate::metrics::Ranked| {
            let owner = Some(ranked.owner());
            let entry = Entry { name: ranked.name(with_service), owner, trace_id: None };
            (entry, Some(ranked.value))
        };
        Ok(Ok(list(Kind::SortedList, ranked.iter().map(entry).collect())))
    }
}

fn order(order: ListOrder) -> Order {
    match order {
        ListOrder::Ascending => Order::Asc,
        ListOrder::Descending => Order::Des,
    }
}

fn record(record: TopRecord) -> (Entry, Option<f64>) {
    let entry = Entry { name: record.statement, owner: None, trace_id: Some(record.trace_id) };
    (entry, Some(record.latency_ms as f64))
}

/// Series of values; those that `labels` select when values have labels.
fn series_values(values: &[MetricValue], points: &Points, labels: Option<&[Label]>) -> Values {
    let marks = Marks::Times(points.millis.as_slice().into());
    let Some(labels) = labels else {
        let single = |value: &MetricValue| match value {
            MetricValue::Single(value) => Some(*value),
            _ => None,
        };
        let values = values.iter().map(single).collect();
        let series = Series { labels: Vec::new(), marks, values };
        return Values::of(Kind::TimeSeriesValues, vec![series]);
    };
    let series = by_label(values).into_iter().filter(|series| is_selected(series, labels));
    let series = series.map(|series| Series {
        labels: vec![KeyValue::new(series.key, series.label)],
        marks: marks.clone(),
        values: series.values,
    });
    Values { labelled: true, ..Values::of(Kind::TimeSeriesValues, series.collect()) }
}

/// Whether a series has, for every label that is named with a value, one of its
/// values. Values of one label that is named twice count together.
fn is_selected(series: &LabelledSeries, labels: &[Label]) -> bool {
    let values = |label: &Label| -> Vec<String> {
        let values = label.value.split(',').map(str::trim).filter(|value| !value.is_empty());
        values.map(str::to_owned).collect()
    };
    let mut wanted: HashMap<&str, Vec<String>> = HashMap::new();
    for label in labels {
        wanted.entry(&label.name).or_default().extend(values(label));
    }
    wanted.retain(|_, values| !values.is_empty());
    wanted.iter().all(|(name, values)| *name == series.key && values.contains(&series.label))
}
