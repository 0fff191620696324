//! Conditions: which operators and literals fit which attribute.

use super::super::ast::{ConditionSyntax, LiteralSyntax, Word, Written};
use super::super::program::{Condition, Literal, Operator, Pattern};
use super::super::schema::AttributeType;
use super::rule::Scope;

const MICROSECONDS_PER_MILLISECOND: i64 = 1_000;

impl Scope<'_> {
    pub(super) fn condition(&mut self, condition: &ConditionSyntax<'_>) -> Option<Condition> {
        let left = self.operand(&condition.left)?;
        let ty = left.ty?;
        let operator = condition.operator;
        if !fits(operator, ty) {
            let message = format!(
                "operator `{}` does not apply to attribute `{}`, which is {}",
                operator.symbol(),
                left.name,
                ty.described()
            );
            return self.reject(condition.operator_span, message);
        }
        let right = match operator {
            Operator::In => self.list(&condition.right, &left.name, ty)?,
            Operator::Like => self.pattern(&condition.right)?,
            _ => self.single(&condition.right, &left.name, ty)?,
        };
        Some(Condition { left: left.value, operator, right })
    }

    fn list(&mut self, list: &LiteralSyntax<'_>, name: &str, ty: AttributeType) -> Option<Literal> {
        let Written::List(items) = &list.value else {
            return self.reject(list.span, "expected a list");
        };
        let mut literals = Vec::with_capacity(items.len());
        for item in items {
            if matches!(item.value, Written::Null) {
                return self.reject(item.span, "`null` cannot be in a list");
            }
            literals.push(self.single(item, name, ty)?);
        }
        Some(Literal::List(literals))
    }

    fn pattern(&mut self, literal: &LiteralSyntax<'_>) -> Option<Literal> {
        let Written::Text(text) = &literal.value else {
            return self
                .reject(literal.span, "operator `like` needs a text, as in `like \"serv%\"`");
        };
        let pattern = match (text.strip_prefix('%'), text.strip_suffix('%')) {
            _ if text == "%" => None,
            (Some(inner), Some(_)) => {
                Some(Pattern::Infix(inner.strip_suffix('%').unwrap_or_default().into()))
            }
            (Some(suffix), None) => Some(Pattern::Suffix(suffix.into())),
            (None, Some(prefix)) => Some(Pattern::Prefix(prefix.into())),
            (None, None) => None,
        };
        match pattern {
            Some(pattern) => Some(Literal::Pattern(pattern)),
            None => {
                let message = "a pattern is a text with `%` at its begin, its end or both";
                self.reject(literal.span, message)
            }
        }
    }

    fn single(
        &mut self,
        literal: &LiteralSyntax<'_>,
        name: &str,
        ty: AttributeType,
    ) -> Option<Literal> {
        match (ty, &literal.value) {
            (AttributeType::Bool, Written::Bool(value)) => Some(Literal::Bool(*value)),
            (AttributeType::Int | AttributeType::IntList, Written::Int(value)) => {
                Some(Literal::Int(*value))
            }
            (AttributeType::Float, Written::Int(value)) => Some(Literal::Float(*value as f64)),
            (AttributeType::Float, Written::Float(value)) => Some(Literal::Float(*value)),
            (AttributeType::Duration, Written::Int(_) | Written::Float(_)) => {
                self.duration(literal)
            }
            (AttributeType::Text | AttributeType::TextList, Written::Text(value)) => {
                Some(Literal::Text(value.as_str().into()))
            }
            (AttributeType::Enum(wanted), Written::Constant(enumeration, constant)) => {
                self.constant(wanted, *enumeration, *constant)
            }
            (AttributeType::Text | AttributeType::Enum(_), Written::Null) => Some(Literal::Null),
            _ => {
                let message = format!(
                    "attribute `{name}` is {} and cannot be compared with {}",
                    ty.described(),
                    described(literal)
                );
                self.reject(literal.span, message)
            }
        }
    }

    /// Milliseconds as written to microseconds as held.
    fn duration(&mut self, literal: &LiteralSyntax<'_>) -> Option<Literal> {
        let microseconds = match literal.value {
            Written::Int(value) => value.checked_mul(MICROSECONDS_PER_MILLISECOND),
            Written::Float(value) => {
                let scaled = (value * MICROSECONDS_PER_MILLISECOND as f64).round();
                (scaled < i64::MAX as f64).then_some(scaled as i64)
            }
            _ => None,
        };
        match microseconds {
            Some(value) => Some(Literal::Int(value)),
            None => {
                self.reject(literal.span, "the duration is too long to be held in microseconds")
            }
        }
    }

    fn constant(
        &mut self,
        wanted: &str,
        enumeration: Word<'_>,
        constant: Word<'_>,
    ) -> Option<Literal> {
        let schema = self.schema;
        let Some((index, definition)) = schema.enumeration(enumeration.text) else {
            let message = format!("unknown enumeration `{}`", enumeration.text);
            return self.reject_name(enumeration, message, schema.enums.iter().map(|e| e.name));
        };
        if definition.name != wanted {
            let message =
                format!("a constant of `{wanted}` is compared with one of `{}`", definition.name);
            return self.reject(enumeration.span, message);
        }
        match definition.constants.iter().position(|name| *name == constant.text) {
            Some(constant) => Some(Literal::Constant { enumeration: index, constant }),
            None => {
                let message = format!("`{}` has no constant `{}`", definition.name, constant.text);
                self.reject_name(constant, message, definition.constants.iter().copied())
            }
        }
    }
}

fn fits(operator: Operator, ty: AttributeType) -> bool {
    let list = matches!(ty, AttributeType::TextList | AttributeType::IntList);
    match operator {
        Operator::Equal | Operator::NotEqual => !list,
        Operator::Greater | Operator::GreaterEqual | Operator::Less | Operator::LessEqual => {
            ty.is_number()
        }
        Operator::Like => ty == AttributeType::Text,
        Operator::In => !list && ty != AttributeType::Bool,
        Operator::Contain | Operator::NotContain => list,
    }
}

fn described(literal: &LiteralSyntax<'_>) -> &'static str {
    match literal.value {
        Written::Null => "`null`",
        Written::Bool(_) => "a boolean",
        Written::Int(_) => "a whole number",
        Written::Float(_) => "a fractional number",
        Written::Text(_) => "a text",
        Written::Constant(..) => "a constant",
        Written::List(_) => "a list",
    }
}
