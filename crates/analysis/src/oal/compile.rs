//! Checked rules to a plan: distinct columns shared between metrics, distinct
//! conditions asked once per event.

mod labels;

use skytrail_lang::oal::{Condition, Function, Program, Rule, SourceDef, Value};
use skytrail_model::metric::{Catalogue, Column, ColumnId, Formula, Merge, Metric, Table, TableId};
use skytrail_model::record::TopStream;

use super::column::{CellPlace, Number, Operation, Tallied};
use super::condition::{Test, place_of, test_of};
use super::family::{Family, MAX_TESTS};
use super::key::KeySet;
use super::plan::{Plan, TablePlan};
use super::schema::{FAMILY_COUNT, SCHEMA, SOURCE_COUNT, Source};
use super::words::{Words, column_name};

/// What is wrong with a rule that is right by itself, or with the rules together.
type Fault = String;

/// What the configuration adds to the rules.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Extras<'a> {
    /// Whether apdex thresholds differ by name.
    pub(crate) is_named: bool,
    /// Tag keys that are read besides those of the rules.
    pub(crate) searchable: &'a [String],
}

/// Compiles rules; gives the plan and warnings.
pub(crate) fn compile(program: &Program, extras: Extras<'_>) -> Result<(Plan, Vec<String>), Fault> {
    let mut compiler = Compiler::new(extras.is_named);
    for key in extras.searchable {
        compiler.keys.add(key).ok_or("analysis.searchable_tags: there are too many tag keys")?;
    }
    let disabled: Vec<&str> = program.disabled.iter().map(|name| &*name.text).collect();
    for rule in &program.rules {
        if !disabled.contains(&&*rule.name) {
            compiler.rule(rule).map_err(|fault| at(rule, &fault))?;
        }
    }
    let warnings = program
        .disabled
        .iter()
        .filter(|name| {
            TopStream::from_name(&name.text).is_none()
                && !program.rules.iter().any(|rule| rule.name == name.text)
        })
        .map(|name| {
            let place = &name.position;
            format!(
                "{}:{}:{}: disable({}) names no metric and no list of records",
                place.file, place.line, place.column, name.text
            )
        })
        .collect();
    let streams = disabled.iter().filter_map(|name| TopStream::from_name(name)).collect();
    Ok((compiler.finish(streams), warnings))
}

fn at(rule: &Rule, fault: &str) -> Fault {
    let place = &rule.position;
    format!("{}:{}:{}: rule `{}`: {fault}", place.file, place.line, place.column, rule.name)
}

struct Compiler {
    is_named: bool,
    families: [Family; FAMILY_COUNT],
    tables: Vec<(Table, TablePlan)>,
    table_of: [Option<u16>; SOURCE_COUNT],
    metrics: Vec<Metric>,
    keys: KeySet,
}

/// A rule being compiled.
struct Site<'r> {
    rule: &'r Rule,
    source: Source,
    table: usize,
    words: Words<'static>,
}

impl Compiler {
    fn new(is_named: bool) -> Self {
        Self {
            is_named,
            families: std::array::from_fn(|_| Family::default()),
            tables: Vec::new(),
            table_of: [None; SOURCE_COUNT],
            metrics: Vec::new(),
            keys: KeySet::new(),
        }
    }

    fn finish(self, disabled: Vec<TopStream>) -> Plan {
        let (tables, plans): (Vec<_>, Vec<_>) = self.tables.into_iter().unzip();
        let catalogue = Catalogue::new(tables, self.metrics);
        Plan::new(catalogue, self.families, plans, self.table_of, self.keys, disabled)
    }

    fn rule(&mut self, rule: &Rule) -> Result<(), Fault> {
        let source = Source::ALL.get(rule.source).copied().ok_or("a source outside the schema")?;
        let def: &'static SourceDef =
            SCHEMA.sources.get(rule.source).ok_or("a source outside the schema")?;
        let table = self.table(source, def);
        let site = Site { rule, source, table, words: Words { schema: &SCHEMA, source: def } };
        let formula = self.formula(&site)?;
        self.metrics.push(Metric {
            name: rule.name.to_string(),
            table: TableId(table as u16),
            formula,
            has_layer_attribute: rule.decorator.is_some(),
        });
        Ok(())
    }

    fn table(&mut self, source: Source, def: &SourceDef) -> usize {
        let Some(slot) = self.table_of.get_mut(source as usize) else { return 0 };
        if let Some(table) = slot {
            return *table as usize;
        }
        let scope = source.scope();
        *slot = Some(self.tables.len() as u16);
        let table = Table { name: def.name.to_owned(), scope, columns: Vec::new() };
        let tallied = Tallied { field: source.tallied(), has_one_threshold: !self.is_named };
        let plan = TablePlan::new(tallied);
        self.tables.push((table, plan));
        self.tables.len() - 1
    }

    fn formula(&mut self, site: &Site<'_>) -> Result<Formula, Fault> {
        let value = &site.rule.value;
        let divisor = if site.words.is_duration(value) { 1000 } else { 1 };
        Ok(match &site.rule.function {
            Function::LongAvg => {
                let sum = self.whole(site, "sum", Merge::Sum)?;
                Formula::Average { sum, count: self.count_of_value(site)?, divisor }
            }
            Function::DoubleAvg => {
                let sum = self.fractional(site, "sum", Merge::Sum)?;
                Formula::FloatAverage { sum, count: self.count_of_value(site)? }
            }
            Function::Sum => self.plain(site, "sum", Merge::Sum, divisor)?,
            Function::Max => self.plain(site, "max", Merge::Max, divisor)?,
            Function::Min => self.plain(site, "min", Merge::Min, divisor)?,
            // The largest of one value: the average of what is kept over one.
            Function::MaxDouble => Formula::FloatAverage {
                sum: self.fractional(site, "max", Merge::Max)?,
                count: self.seen(site)?,
            },
            Function::MinDouble => Formula::FloatAverage {
                sum: self.fractional(site, "min", Merge::Min)?,
                count: self.seen(site)?,
            },
            Function::Count => {
                let count = self.count(site, None)?;
                Formula::Plain { value: count, count, divisor: 1 }
            }
            Function::Cpm => Formula::PerMinute { total: self.count(site, None)? },
            Function::Percent(condition) => Formula::Percent {
                total: self.count(site, None)?,
                matched: self.count(site, Some(condition))?,
            },
            Function::Rate { numerator, denominator } => Formula::Rate {
                numerator: self.count(site, Some(numerator))?,
                denominator: self.count(site, Some(denominator))?,
            },
            Function::Percentile | Function::Percentile2 => {
                Formula::Percentile { histogram: self.histogram(site)?, divisor }
            }
            Function::Apdex { name, status } => self.apdex(site, name, status)?,
            Function::Histogram { step, steps } => {
                Formula::Buckets { counts: self.buckets(site, *step, *steps, divisor)? }
            }
            Function::LabelAvg { label, value, limit } => {
                self.label_average(site, label, value, *limit)?
            }
            Function::LabelCount { label, limit } => {
                Formula::LabelCount { counts: self.label_count(site, label, None, *limit)? }
            }
        })
    }

    /// The bit of a question, which is asked once per event of the family.
    fn bit(&mut self, source: Source, test: Test) -> Result<u64, Fault> {
        let family = self.families.get_mut(source.family()).ok_or("a source without family")?;
        family.ask(test).ok_or_else(|| {
            format!(
                "the rules of this source and its family ask more than {MAX_TESTS} different conditions"
            )
        })
    }

    /// The filters of the rule with more conditions, as bits and as words.
    fn conditions(
        &mut self,
        site: &Site<'_>,
        more: Option<&Condition>,
    ) -> Result<(u64, Vec<String>), Fault> {
        let mut mask = 0;
        let mut words = Vec::new();
        for condition in site.rule.filters.iter().chain(more) {
            let test = test_of(site.source, condition, &mut self.keys)?;
            mask |= self.bit(site.source, test)?;
            words.push(site.words.condition(condition));
        }
        Ok((mask, words))
    }

    /// Adds what must hold for a number that is read from text.
    fn readable(
        &mut self,
        site: &Site<'_>,
        value: &Value,
        number: Number,
        conditions: &mut (u64, Vec<String>),
    ) -> Result<(), Fault> {
        if let Some((read, cast)) = number.needs() {
            conditions.0 |= self.bit(site.source, Test::Parses(read, cast))?;
            conditions.1.push(format!("{} is a number", site.words.value(value)));
        }
        Ok(())
    }

    fn whole_number(&mut self, site: &Site<'_>, value: &Value) -> Result<Number, Fault> {
        let (place, cast) = place_of(site.source, value, &mut self.keys)?;
        Number::whole(place, cast).ok_or_else(|| "the value is no number".to_owned())
    }

    fn whole(&mut self, site: &Site<'_>, what: &str, merge: Merge) -> Result<ColumnId, Fault> {
        let number = self.whole_number(site, &site.rule.value)?;
        self.number_column(site, what, merge, number)
    }

    fn fractional(&mut self, site: &Site<'_>, what: &str, merge: Merge) -> Result<ColumnId, Fault> {
        let value = &site.rule.value;
        let (place, cast) = place_of(site.source, value, &mut self.keys)?;
        let number = Number::fractional(place, cast, site.words.is_duration(value))
            .ok_or("the value is no number")?;
        self.number_column(site, &format!("{what}_millionths"), merge, number)
    }

    fn number_column(
        &mut self,
        site: &Site<'_>,
        what: &str,
        merge: Merge,
        number: Number,
    ) -> Result<ColumnId, Fault> {
        let value = &site.rule.value;
        let mut conditions = self.conditions(site, None)?;
        self.readable(site, value, number, &mut conditions)?;
        let (mask, words) = conditions;
        let name = column_name(&format!("{what}({})", site.words.value(value)), words);
        Ok(self.column(site, name, merge, mask, |slot| match merge {
            Merge::Max => Operation::Max { slot, number },
            Merge::Min => Operation::Min { slot, number },
            _ => Operation::Sum { slot, number },
        }))
    }

    fn count(&mut self, site: &Site<'_>, more: Option<&Condition>) -> Result<ColumnId, Fault> {
        let (mask, words) = self.conditions(site, more)?;
        let name = column_name("count", words);
        Ok(self.column(site, name, Merge::Sum, mask, |slot| Operation::Count { slot }))
    }

    /// Counts the events whose value can be read.
    fn count_of_value(&mut self, site: &Site<'_>) -> Result<ColumnId, Fault> {
        let number = self.whole_number(site, &site.rule.value)?;
        let mut conditions = self.conditions(site, None)?;
        self.readable(site, &site.rule.value, number, &mut conditions)?;
        let name = column_name("count", conditions.1);
        Ok(self.column(site, name, Merge::Sum, conditions.0, |slot| Operation::Count { slot }))
    }

    fn seen(&mut self, site: &Site<'_>) -> Result<ColumnId, Fault> {
        let number = self.whole_number(site, &site.rule.value)?;
        let mut conditions = self.conditions(site, None)?;
        self.readable(site, &site.rule.value, number, &mut conditions)?;
        let name = column_name("seen", conditions.1);
        Ok(self.column(site, name, Merge::Max, conditions.0, |slot| Operation::Seen { slot }))
    }

    fn plain(
        &mut self,
        site: &Site<'_>,
        what: &str,
        merge: Merge,
        divisor: i64,
    ) -> Result<Formula, Fault> {
        let value = self.whole(site, what, merge)?;
        Ok(Formula::Plain { value, count: self.count_of_value(site)?, divisor })
    }

    fn histogram(&mut self, site: &Site<'_>) -> Result<ColumnId, Fault> {
        let value = &site.rule.value;
        let number = self.whole_number(site, value)?;
        let mut conditions = self.conditions(site, None)?;
        self.readable(site, value, number, &mut conditions)?;
        let name = column_name(&format!("histogram({})", site.words.value(value)), conditions.1);
        Ok(self.column(site, name, Merge::Histogram, conditions.0, |slot| Operation::Histogram {
            slot,
            number,
        }))
    }

    /// The column of a name, which is added when it is new.
    fn column(
        &mut self,
        site: &Site<'_>,
        name: String,
        merge: Merge,
        mask: u64,
        operation: impl FnOnce(u16) -> Operation,
    ) -> ColumnId {
        let Some((table, plan)) = self.tables.get_mut(site.table) else { return ColumnId(0) };
        if let Some(known) = table.columns.iter().position(|column| column.name == name) {
            return ColumnId(known as u16);
        }
        let place = match merge {
            Merge::Histogram => {
                plan.histograms += 1;
                CellPlace::Histogram((plan.histograms - 1) as u16)
            }
            Merge::Labels => {
                plan.labels += 1;
                CellPlace::Labels((plan.labels - 1) as u16)
            }
            Merge::Sum | Merge::Max | Merge::Min => CellPlace::Int(plan.identity.len() as u16),
        };
        let (CellPlace::Int(slot) | CellPlace::Histogram(slot) | CellPlace::Labels(slot)) = place;
        let operation = operation(slot);
        if let CellPlace::Int(_) = place {
            // What was never seen is 0 and not the least number, so that it reads as absent.
            let is_seen = matches!(operation, Operation::Seen { .. });
            plan.identity.push(if is_seen { 0 } else { merge.identity() });
        }
        if let Some(field) = operation.number().and_then(Number::field)
            && let Some(family) = self.families.get_mut(site.source.family())
        {
            family.read(field);
        }
        plan.add(mask, operation);
        plan.places.push(place);
        table.columns.push(Column { name, merge });
        ColumnId((table.columns.len() - 1) as u16)
    }
}
