//! Columns that need a text besides a number: apdex by name, and tables by label.

use skytrail_lang::oal::{Condition, Value};
use skytrail_model::metric::{ColumnId, Formula, Merge};

use super::{Compiler, Fault, Site};
use crate::oal::column::{Label, Number, Operation};
use crate::oal::condition::place_of;
use crate::oal::words::column_name;

impl Compiler {
    fn label(&mut self, site: &Site<'_>, value: &Value) -> Result<Label, Fault> {
        let (place, _) = place_of(site.source, value, &mut self.keys)?;
        place.as_text().map(Label).ok_or_else(|| "the label is no text".to_owned())
    }

    fn reads_texts(&mut self, site: &Site<'_>) {
        if let Some(family) = self.families.get_mut(site.source.family()) {
            family.reads_texts = true;
        }
    }

    pub(super) fn apdex(
        &mut self,
        site: &Site<'_>,
        name: &Value,
        status: &Value,
    ) -> Result<Formula, Fault> {
        let number = self.whole_number(site, &site.rule.value)?;
        let label = self.label(site, name)?;
        if self.is_named {
            self.reads_texts(site);
        }
        let succeeded = Condition {
            left: status.clone(),
            operator: skytrail_lang::oal::Operator::Equal,
            right: skytrail_lang::oal::Literal::Bool(true),
        };
        let total = self.count(site, None)?;
        let mut conditions = self.conditions(site, Some(&succeeded))?;
        self.readable(site, &site.rule.value, number, &mut conditions)?;
        let (mask, words) = conditions;
        let of = format!("({}, {})", site.words.value(&site.rule.value), site.words.value(name));
        let satisfied = column_name(&format!("apdex_satisfied{of}"), words.clone());
        let satisfied = self.column(site, satisfied, Merge::Sum, mask, |slot| {
            Operation::Satisfied { slot, number, name: label }
        });
        let tolerated = column_name(&format!("apdex_tolerated{of}"), words);
        let tolerated = self.column(site, tolerated, Merge::Sum, mask, |slot| {
            Operation::Tolerated { slot, number, name: label }
        });
        Ok(Formula::Apdex { total, satisfied, tolerated })
    }

    pub(super) fn buckets(
        &mut self,
        site: &Site<'_>,
        step: u32,
        steps: u32,
        unit: i64,
    ) -> Result<ColumnId, Fault> {
        let value = &site.rule.value;
        let number = self.whole_number(site, value)?;
        let mut conditions = self.conditions(site, None)?;
        self.readable(site, value, number, &mut conditions)?;
        let what = format!("buckets({}, {step}, {steps})", site.words.value(value));
        let (step, steps) = (i64::from(step.max(1)), i64::from(steps));
        let name = column_name(&what, conditions.1);
        Ok(self.column(site, name, Merge::Labels, conditions.0, |slot| Operation::Bucket {
            slot,
            number,
            step,
            steps,
            unit,
        }))
    }

    pub(super) fn label_count(
        &mut self,
        site: &Site<'_>,
        label: &Value,
        value: Option<(&Value, Number)>,
        limit: u32,
    ) -> Result<ColumnId, Fault> {
        // The check of rules lets at most `MAX_LABELS` pass.
        let kept = limit as u16;
        let words = site.words.value(label);
        let label = self.label(site, label)?;
        self.reads_texts(site);
        let mut conditions = self.conditions(site, None)?;
        if let Some((value, number)) = value {
            self.readable(site, value, number, &mut conditions)?;
        }
        let name = column_name(&format!("label_count({words}, {limit})"), conditions.1);
        Ok(self.column(site, name, Merge::Labels, conditions.0, |slot| Operation::LabelCount {
            slot,
            label,
            limit: kept,
        }))
    }

    pub(super) fn label_average(
        &mut self,
        site: &Site<'_>,
        label_value: &Value,
        value: &Value,
        limit: u32,
    ) -> Result<Formula, Fault> {
        let number = self.whole_number(site, value)?;
        let counts = self.label_count(site, label_value, Some((value, number)), limit)?;
        let label = self.label(site, label_value)?;
        let mut conditions = self.conditions(site, None)?;
        self.readable(site, value, number, &mut conditions)?;
        let (label_words, value_words) = (site.words.value(label_value), site.words.value(value));
        let what = format!("label_sum({label_words}, {value_words}, {limit})");
        let name = column_name(&what, conditions.1);
        let sums = self.column(site, name, Merge::Labels, conditions.0, |slot| {
            Operation::LabelSum { slot, number, label, limit: limit as u16 }
        });
        let divisor = if site.words.is_duration(value) { 1000 } else { 1 };
        Ok(Formula::LabelAverage { sums, counts, divisor })
    }
}
