//! Metrics as clients before version 8 ask for them: by id, with no names
//! (`metric.graphqls`, `aggregation.graphqls`).

use super::heat_map::Bucket;
use super::ranking::TopNCondition;
use super::values::{IntValues, KVInt, Subject};
use crate::context::Ctx;
use crate::entity::{Order, parse_entity, parse_service};
use crate::error::Result;
use crate::query::Query;
use crate::time::Duration;

/// Width of a bucket where there are too few to tell.
const DEFAULT_STEP: i64 = 200;

/// A heat map as triples (protocol `Thermodynamic`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thermodynamic {
    /// Step, bucket, count.
    pub nodes: Vec<[i64; 3]>,
    /// Width of the first buckets.
    pub axis_y_step: i64,
}

/// A ranked entity (protocol `TopNEntity`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopNEntity {
    /// What is shown.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its value.
    pub value: i64,
}

impl Query {
    fn subject_by_id(&self, name: &str, id: Option<&str>) -> Subject<'_> {
        Subject::new(self.known(name), |known| parse_entity(known.scope(), id?))
    }

    /// `getValues`: the average of each entity.
    ///
    /// # Errors
    /// `Invalid` for a wrong range; so with all questions here.
    pub async fn get_values(
        &self,
        ctx: &Ctx,
        name: &str,
        ids: &[String],
        duration: &Duration,
    ) -> Result<IntValues> {
        let mut values = Vec::new();
        for id in ids {
            let average = self.average(ctx, &self.subject_by_id(name, Some(id)), duration).await?;
            values.push(KVInt {
                id: id.clone(),
                value: average.value,
                is_empty_value: average.is_empty_value,
            });
        }
        Ok(IntValues { values })
    }

    /// `getLinearIntValues`: every point of an entity.
    ///
    /// # Errors
    /// `Invalid` for a wrong range.
    pub async fn get_linear_int_values(
        &self,
        ctx: &Ctx,
        name: &str,
        id: Option<&str>,
        duration: &Duration,
    ) -> Result<IntValues> {
        self.linear(ctx, &self.subject_by_id(name, id), duration).await
    }

    /// `getMultipleLinearIntValues`: the first `num_of_linear` labels.
    ///
    /// # Errors
    /// `Invalid` for a wrong range.
    pub async fn get_multiple_linear_int_values(
        &self,
        ctx: &Ctx,
        name: &str,
        id: Option<&str>,
        num_of_linear: i64,
        duration: &Duration,
    ) -> Result<Vec<IntValues>> {
        // No metric has more labels than ranks in this form.
        let places: Vec<i64> = (0..num_of_linear.clamp(0, 50)).collect();
        self.get_subset_of_multiple_linear_int_values(ctx, name, id, &places, duration).await
    }

    /// `getSubsetOfMultipleLinearIntValues`: labels by their place.
    ///
    /// # Errors
    /// `Invalid` for a wrong range.
    pub async fn get_subset_of_multiple_linear_int_values(
        &self,
        ctx: &Ctx,
        name: &str,
        id: Option<&str>,
        linear_index: &[i64],
        duration: &Duration,
    ) -> Result<Vec<IntValues>> {
        let labels: Vec<String> = linear_index.iter().map(i64::to_string).collect();
        if labels.is_empty() {
            return Ok(Vec::new());
        }
        let subject = self.subject_by_id(name, id);
        let values = self.labelled(ctx, &subject, &labels, duration).await?;
        Ok(values.into_iter().map(|one| one.values).collect())
    }

    /// `getThermodynamic`: a heat map.
    ///
    /// # Errors
    /// `Invalid` for a wrong range.
    pub async fn get_thermodynamic(
        &self,
        ctx: &Ctx,
        name: &str,
        id: Option<&str>,
        duration: &Duration,
    ) -> Result<Thermodynamic> {
        let map = self.heat_map(ctx, &self.subject_by_id(name, id), duration).await?;
        let axis_y_step = match map.buckets.as_slice() {
            [first, _, ..] => Bucket::width(first).unwrap_or(DEFAULT_STEP),
            _ => DEFAULT_STEP,
        };
        let columns = map.values.iter().zip(0_i64..);
        let nodes = columns.flat_map(|(column, x)| {
            column.values.iter().zip(0_i64..).map(move |(count, y)| [x, y, *count])
        });
        Ok(Thermodynamic { nodes: nodes.collect(), axis_y_step })
    }

    /// `getServiceTopN`, `getAllServiceInstanceTopN` and `getAllEndpointTopN`;
    /// with `service_id` `getServiceInstanceTopN` and `getEndpointTopN`.
    ///
    /// # Errors
    /// `Invalid` for a wrong range or id.
    pub async fn get_top_n(
        &self,
        ctx: &Ctx,
        name: &str,
        service_id: Option<&str>,
        top_n: i64,
        duration: &Duration,
        order: Order,
    ) -> Result<Vec<TopNEntity>> {
        let parent = service_id.map(|id| parse_service("serviceId", id)).transpose()?;
        let condition = TopNCondition {
            name: name.to_owned(),
            normal: parent.as_ref().map(|parent| parent.normal),
            parent_service: parent.map(|parent| parent.name),
            top_n,
            order,
        };
        let ranked = self.sort_metrics(ctx, &condition, duration).await?;
        let entity = |record: super::ranking::SelectedRecord| TopNEntity {
            name: record.name,
            id: record.id,
            value: record.value.parse().unwrap_or(0),
        };
        Ok(ranked.into_iter().map(entity).collect())
    }
}
