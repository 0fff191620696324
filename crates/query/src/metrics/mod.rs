//! Metric values: what can be asked for, series of one entity, rankings of
//! many, and the forms of older clients.

mod heat_map;
mod kind;
mod legacy;
mod ranking;
mod series;
mod values;

pub use heat_map::{Bucket, HeatMap, HeatMapColumn};
pub(crate) use kind::Known;
pub use kind::{MetricDefinition, MetricsType};
pub use legacy::{Thermodynamic, TopNEntity};
pub(crate) use ranking::{Attribute, RankRead, Ranked};
pub use ranking::{Owner, SelectedRecord, TopNCondition};
pub(crate) use series::{LabelledSeries, by_label};
pub use values::{IntValues, KVInt, MetricsCondition, MetricsValues, NullableValue};
