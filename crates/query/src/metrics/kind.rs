//! What can be asked for by name.

use regex::Regex;
use skytrail_model::metric::{Metric, Table};
use skytrail_model::record::TopStream;
use skytrail_model::scope::Scope;

use crate::error::{Error, Result};
use crate::query::Query;

/// How a metric is read (protocol `MetricsType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetricsType {
    /// There is no such metric.
    Unknown,
    /// One number a point.
    RegularValue,
    /// A number per label a point.
    LabeledValue,
    /// Counts by bucket.
    Heatmap,
    /// A list of slow records.
    SampledRecord,
}

impl MetricsType {
    /// The protocol's spelling.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "UNKNOWN",
            Self::RegularValue => "REGULAR_VALUE",
            Self::LabeledValue => "LABELED_VALUE",
            Self::Heatmap => "HEATMAP",
            Self::SampledRecord => "SAMPLED_RECORD",
        }
    }
}

/// A metric that can be asked for (protocol `MetricDefinition`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetricDefinition {
    /// Name.
    pub name: String,
    /// How it is read.
    pub r#type: MetricsType,
    /// What it is about: `SERVICE`, `ENDPOINT_RELATION`…
    pub catalog: &'static str,
}

/// A name that means something.
#[derive(Clone, Copy)]
pub(crate) enum Known<'a> {
    Metric(&'a Metric, &'a Table),
    Records(TopStream),
}

impl Known<'_> {
    pub(crate) fn r#type(self) -> MetricsType {
        match self {
            Self::Metric(metric, _) if metric.formula.is_heat_map() => MetricsType::Heatmap,
            Self::Metric(metric, _) if metric.formula.is_labelled() => MetricsType::LabeledValue,
            Self::Metric(..) => MetricsType::RegularValue,
            Self::Records(_) => MetricsType::SampledRecord,
        }
    }

    /// What it is about. Records stand with a service: the database, the cache
    /// or the caller.
    pub(crate) fn scope(self) -> Scope {
        match self {
            Self::Metric(_, table) => table.scope,
            Self::Records(_) => Scope::Service,
        }
    }
}

impl Query {
    pub(crate) fn known(&self, name: &str) -> Option<Known<'_>> {
        if let Some(stream) = TopStream::from_name(name) {
            return Some(Known::Records(stream));
        }
        let metric = self.catalogue.metric(name)?;
        Some(Known::Metric(metric, self.catalogue.table(metric.table)?))
    }

    /// `typeOfMetrics`.
    pub fn type_of_metrics(&self, name: &str) -> MetricsType {
        self.known(name).map_or(MetricsType::Unknown, Known::r#type)
    }

    /// `listMetrics`: the metrics whose whole name matches a pattern, or all,
    /// in the order of their rules; then the lists of records.
    ///
    /// # Errors
    /// `Invalid` for a wrong pattern.
    pub fn list_metrics(&self, regex: Option<&str>) -> Result<Vec<MetricDefinition>> {
        let pattern = regex.filter(|regex| !regex.is_empty()).map(whole).transpose()?;
        let metrics = self.catalogue.metrics().iter().map(|metric| metric.name.as_str());
        let names = metrics.chain(TopStream::ALL.map(TopStream::name));
        let wanted = names.filter(|name| pattern.as_ref().is_none_or(|p| p.is_match(name)));
        let definition = |name: &str| {
            let known = self.known(name)?;
            Some(MetricDefinition {
                name: name.to_owned(),
                r#type: known.r#type(),
                catalog: known.scope().catalogue_name(),
            })
        };
        Ok(wanted.filter_map(definition).collect())
    }
}

fn whole(pattern: &str) -> Result<Regex> {
    Regex::new(&format!("^(?:{pattern})$"))
        .map_err(|error| Error::invalid(format!("regex cannot be read: {error}")))
}
