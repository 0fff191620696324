//! Functions: their names, and the number and kind of their arguments.

use crate::Span;

use super::super::ast::{Argument, Call, Written};
use super::super::program::{Condition, Function, MAX_BUCKETS, MAX_LABELS, Value};
use super::super::schema::AttributeType;
use super::rule::{Scope, Typed};

/// How a function is called: name, arguments as messages show them, the least number of arguments,
/// whether it calculates with the value of `from`.
struct Signature {
    name: &'static str,
    arguments: &'static [&'static str],
    required: usize,
    value: bool,
}

/// Names and arguments are those of the classes that SkyWalking marks as metrics functions
/// (`core/analysis/metrics/*Metrics.java`).
const SIGNATURES: &[Signature] = &[
    signature("longAvg", &[], 0, true),
    signature("doubleAvg", &[], 0, true),
    signature("sum", &[], 0, true),
    signature("max", &[], 0, true),
    signature("min", &[], 0, true),
    signature("maxDouble", &[], 0, true),
    signature("minDouble", &[], 0, true),
    signature("count", &[], 0, false),
    signature("cpm", &[], 0, false),
    signature("percent", &["condition"], 1, false),
    signature("rate", &["condition", "condition"], 2, false),
    signature("percentile", &["precision"], 1, true),
    signature("percentile2", &["precision"], 1, true),
    signature("apdex", &["name attribute", "status attribute"], 2, true),
    signature("histogram", &["step", "number of steps"], 2, true),
    signature("labelAvg", &["label attribute", "value attribute", "most labels"], 2, false),
    signature("labelCount", &["label attribute", "most labels"], 1, false),
];

const fn signature(
    name: &'static str,
    arguments: &'static [&'static str],
    required: usize,
    value: bool,
) -> Signature {
    Signature { name, arguments, required, value }
}

impl Signature {
    fn shown(&self) -> String {
        let mut shown = String::from(self.name);
        shown.push('(');
        for (index, argument) in self.arguments.iter().enumerate() {
            if index > 0 {
                shown.push_str(", ");
            }
            if index >= self.required {
                shown.push_str("optional ");
            }
            shown.push_str(argument);
        }
        shown.push(')');
        shown
    }
}

impl Scope<'_> {
    /// `value` is what `from` selects, `None` when that was already reported.
    pub(super) fn function(&mut self, call: &Call<'_>, value: Option<&Typed>) -> Option<Function> {
        let name = call.name;
        let Some(signature) = SIGNATURES.iter().find(|known| known.name == name.text) else {
            let known = SIGNATURES.iter().map(|known| known.name);
            return self.reject_name(name, format!("unknown function `{}`", name.text), known);
        };
        let found = call.arguments.len();
        if found < signature.required || found > signature.arguments.len() {
            let message = format!(
                "wrong number of arguments, found {found}, expected `{}`",
                signature.shown()
            );
            return self.reject(call.span, message);
        }
        let applies = !signature.value || self.calculates_with(name.text, value);
        let function = self.call(name.text, &call.arguments)?;
        applies.then_some(function)
    }

    fn calculates_with(&mut self, function: &str, value: Option<&Typed>) -> bool {
        let Some(value) = value else { return true };
        let source = self.source.name;
        let message = match value.ty {
            Some(ty) if ty.is_number() => return true,
            Some(AttributeType::Text) => {
                format!(
                    "function `{function}` needs a number, text needs a cast such as `(str->long)`"
                )
            }
            Some(ty) => format!("function `{function}` needs a number, not {}", ty.described()),
            None => format!(
                "function `{function}` needs an attribute, as in `from({source}.{})`",
                self.example()
            ),
        };
        self.reject::<()>(value.span, message);
        false
    }

    /// An attribute that a function could calculate with.
    fn example(&self) -> &'static str {
        let mut attributes = self.source.attributes.iter();
        attributes
            .find(|attribute| attribute.ty.is_number())
            .map_or("attribute", |found| found.name)
    }

    fn call(&mut self, name: &str, arguments: &[Argument<'_>]) -> Option<Function> {
        let argument = |index| arguments.get(index);
        Some(match name {
            "longAvg" => Function::LongAvg,
            "doubleAvg" => Function::DoubleAvg,
            "sum" => Function::Sum,
            "max" => Function::Max,
            "min" => Function::Min,
            "maxDouble" => Function::MaxDouble,
            "minDouble" => Function::MinDouble,
            "count" => Function::Count,
            "cpm" => Function::Cpm,
            "percent" => Function::Percent(self.matching(argument(0)?)?),
            "rate" => {
                let (numerator, denominator) =
                    (self.matching(argument(0)?), self.matching(argument(1)?));
                Function::Rate { numerator: numerator?, denominator: denominator? }
            }
            "percentile" => {
                self.number("precision", argument(0)?, u32::MAX)?;
                Function::Percentile
            }
            "percentile2" => {
                self.number("precision", argument(0)?, u32::MAX)?;
                Function::Percentile2
            }
            "apdex" => {
                let (name, status) =
                    (self.text(argument(0)?), self.of(argument(1)?, "a boolean", is_bool));
                Function::Apdex { name: name?, status: status? }
            }
            "histogram" => Function::Histogram {
                step: self.number("step", argument(0)?, u32::MAX)?,
                steps: self.number("number of steps", argument(1)?, MAX_BUCKETS)?,
            },
            "labelAvg" => {
                let label = self.text(argument(0)?);
                let value = self.of(argument(1)?, "a number", AttributeType::is_number);
                let limit = self.limit(argument(2))?;
                Function::LabelAvg { label: label?, value: value?, limit }
            }
            "labelCount" => {
                let label = self.text(argument(0)?);
                let limit = self.limit(argument(1))?;
                Function::LabelCount { label: label?, limit }
            }
            _ => return None,
        })
    }

    fn matching(&mut self, argument: &Argument<'_>) -> Option<Condition> {
        match argument {
            Argument::Condition(condition) => self.condition(condition),
            other => self.reject_kind(other, "a condition, as in `status == true`"),
        }
    }

    /// A whole number from 1 to `largest`, the limit of `what`.
    fn number(&mut self, what: &str, argument: &Argument<'_>, largest: u32) -> Option<u32> {
        let Argument::Literal(literal) = argument else {
            return self.reject_kind(argument, "a whole number");
        };
        let Written::Int(number) = literal.value else {
            return self.reject(literal.span, "expected a whole number");
        };
        match u32::try_from(number) {
            Ok(number) if (1..=largest).contains(&number) => Some(number),
            _ => self.reject(literal.span, format!("{what} {number} is not from 1 to {largest}")),
        }
    }

    fn limit(&mut self, argument: Option<&Argument<'_>>) -> Option<u32> {
        argument.map_or(Some(MAX_LABELS), |argument| {
            self.number("number of labels", argument, MAX_LABELS)
        })
    }

    fn text(&mut self, argument: &Argument<'_>) -> Option<Value> {
        self.of(argument, "text", |ty| ty == AttributeType::Text)
    }

    /// An attribute that holds what is wanted.
    fn of(
        &mut self,
        argument: &Argument<'_>,
        wanted: &str,
        fits: impl Fn(AttributeType) -> bool,
    ) -> Option<Value> {
        let Argument::Attribute(operand) = argument else {
            return self.reject_kind(argument, "an attribute");
        };
        let typed = self.operand(operand)?;
        let ty = typed.ty?;
        if fits(ty) {
            return Some(typed.value);
        }
        self.reject(operand.span, format!("expected {wanted}, the attribute is {}", ty.described()))
    }

    fn reject_kind<T>(&mut self, argument: &Argument<'_>, wanted: &str) -> Option<T> {
        let span: Span = argument.span();
        self.reject(span, format!("expected {wanted}, found {}", argument.described()))
    }
}

fn is_bool(ty: AttributeType) -> bool {
    ty == AttributeType::Bool
}
