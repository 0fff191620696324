//! All metrics of the process and the tables they are kept in.

use std::collections::HashMap;

use crate::metric::column::{Table, TableId};
use crate::metric::formula::Formula;

/// Index of a metric in [`Catalogue::metrics`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MetricId(pub u16);

/// A metric: a formula over the columns of one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Metric {
    /// Name in queries.
    pub name: String,
    /// Where its columns are.
    pub table: TableId,
    /// How its value is read.
    pub formula: Formula,
    /// Whether `attr0` of its rows is the name of the service's layer, which
    /// top-N conditions may ask for.
    pub has_layer_attribute: bool,
}

/// Everything that can be asked for by name.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    tables: Vec<Table>,
    metrics: Vec<Metric>,
    by_name: HashMap<String, MetricId>,
}

impl Catalogue {
    /// Puts the parts together; a metric whose name is taken is left out, which
    /// rule compilers report before they come here.
    pub fn new(tables: Vec<Table>, metrics: Vec<Metric>) -> Self {
        let mut catalogue = Self { tables, ..Self::default() };
        for metric in metrics {
            let id = MetricId(catalogue.metrics.len() as u16);
            if !catalogue.by_name.contains_key(&metric.name) {
                catalogue.by_name.insert(metric.name.clone(), id);
                catalogue.metrics.push(metric);
            }
        }
        catalogue
    }

    /// All tables.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// A table; none for a number that is not one.
    pub fn table(&self, id: TableId) -> Option<&Table> {
        self.tables.get(id.0 as usize)
    }

    /// The table of a source.
    pub fn table_of(&self, name: &str) -> Option<TableId> {
        let place = self.tables.iter().position(|table| table.name == name)?;
        Some(TableId(place as u16))
    }

    /// All metrics, in the order of their rules.
    pub fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// A metric by name.
    pub fn metric(&self, name: &str) -> Option<&Metric> {
        self.metrics.get(self.by_name.get(name)?.0 as usize)
    }
}
