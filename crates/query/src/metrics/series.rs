//! Values of one entity, point by point.

use skytrail_model::entity::Entity;
use skytrail_model::metric::{Metric, MetricValue, Row, Table};
use skytrail_model::time::{Downsampling, Minute};
use skytrail_storage::EntitySelection;

use crate::aliases::Source;
use crate::context::Ctx;
use crate::error::Result;
use crate::query::Query;
use crate::rows::RowRead;
use crate::time::Points;

/// The values of one label, point by point.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LabelledSeries {
    pub(crate) key: &'static str,
    pub(crate) label: String,
    pub(crate) values: Vec<Option<f64>>,
}

/// Turns labelled values into a series per label, in the order of the texts
/// `{key=label}`, which is the protocol's.
pub(crate) fn by_label(values: &[MetricValue]) -> Vec<LabelledSeries> {
    let mut series: Vec<LabelledSeries> = Vec::new();
    for (place, value) in values.iter().enumerate() {
        let MetricValue::Labelled(key, labels) = value else { continue };
        for (label, number) in labels {
            let at = series.iter().position(|known| known.label == *label).unwrap_or_else(|| {
                let values = vec![None; values.len()];
                series.push(LabelledSeries { key, label: label.clone(), values });
                series.len() - 1
            });
            if let Some(slot) = series.get_mut(at).and_then(|known| known.values.get_mut(place)) {
                *slot = Some(*number);
            }
        }
    }
    // The closing brace counts: `{p=9}` stands behind `{p=99}`.
    series.sort_by(|a, b| {
        let bytes = |label: &str| label.bytes().chain([b'}']).collect::<Vec<_>>();
        a.key.cmp(b.key).then_with(|| bytes(&a.label).cmp(&bytes(&b.label)))
    });
    series
}

/// Rows on their way to the points they belong to.
struct Slots<'a> {
    table: &'a Table,
    buckets: &'a [Minute],
    rows: Vec<Option<Row>>,
}

impl Slots<'_> {
    fn add(&mut self, bucket: Minute, row: &Row) {
        let Ok(place) = self.buckets.binary_search(&bucket) else { return };
        match self.rows.get_mut(place) {
            Some(Some(known)) => known.merge(self.table, row),
            Some(slot) => *slot = Some(row.clone()),
            None => {}
        }
    }
}

impl Query {
    /// The value of a metric of an entity at every point. Rows of a relation to
    /// an address that was the callee in that minute count as the callee's.
    pub(crate) async fn series(
        &self,
        ctx: &Ctx,
        metric: &Metric,
        entity: &Entity,
        points: &Points,
    ) -> Result<Vec<MetricValue>> {
        let Some(downsampling) = points.window.step.downsampling() else {
            return Ok(vec![MetricValue::Absent; points.len()]);
        };
        let Some(table) = self.catalogue.table(metric.table) else { return Ok(Vec::new()) };
        let rows = vec![None; points.len()];
        let mut slots = Slots { table, buckets: &points.buckets, rows };
        let aliases = self.aliases().await?;
        let sources = self.sources(ctx, entity, &aliases).await?;
        // Only minutes tell what an address was; coarser rows of one that changed cannot.
        let (fine, coarse): (Vec<_>, Vec<_>) = sources.into_iter().partition(|source| {
            source.only_while.is_some() && downsampling != Downsampling::Minute
        });
        let read = RowRead {
            table: metric.table,
            entities: selection(&coarse),
            downsampling,
            from: points.window.first,
            to: points.window.last,
            columns: metric.formula.columns(),
        };
        self.scan_rows(ctx, &read, &mut |bucket, id, row| {
            if belongs(&coarse, id, bucket) {
                slots.add(bucket, row);
            }
            Ok(())
        })
        .await?;
        if !fine.is_empty() {
            let read = RowRead {
                entities: selection(&fine),
                downsampling: Downsampling::Minute,
                to: points.window.end,
                ..read
            };
            self.scan_rows(ctx, &read, &mut |minute, id, row| {
                if belongs(&fine, id, minute) {
                    slots.add(self.zone.bucket(downsampling, minute), row);
                }
                Ok(())
            })
            .await?;
        }
        let value = |row: Option<Row>| match row {
            Some(row) => metric.formula.value(&row, downsampling),
            None => MetricValue::Absent,
        };
        Ok(slots.rows.into_iter().map(value).collect())
    }
}

fn selection(sources: &[Source<'_>]) -> EntitySelection {
    EntitySelection::these(sources.iter().map(|source| source.id).collect())
}

fn belongs(sources: &[Source<'_>], id: skytrail_model::entity::EntityId, bucket: Minute) -> bool {
    sources.iter().any(|source| {
        source.id == id && source.only_while.as_ref().is_none_or(|meaning| meaning.holds(bucket))
    })
}

#[cfg(test)]
mod tests {
    use skytrail_model::metric::MetricValue;

    use super::by_label;

    #[test]
    fn labels_stand_in_the_order_of_their_texts() {
        let at = |labels: &[(&str, f64)]| {
            let labels = labels.iter().map(|(label, value)| ((*label).to_owned(), *value));
            MetricValue::Labelled("p", labels.collect())
        };
        let values =
            [at(&[("9", 1.0), ("50", 2.0)]), MetricValue::Absent, at(&[("99", 3.0), ("9", 4.0)])];
        let series = by_label(&values);
        let labels: Vec<_> = series.iter().map(|one| one.label.as_str()).collect();
        assert_eq!(labels, ["50", "99", "9"]);
        assert_eq!(series[2].values, [Some(1.0), None, Some(4.0)]);
        assert_eq!(series[0].values, [Some(2.0), None, None]);
    }
}
