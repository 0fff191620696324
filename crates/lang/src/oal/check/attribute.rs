//! Attributes, map entries and casts.

use super::super::ast::{Operand, Word};
use super::super::program::Value;
use super::super::schema::AttributeType;
use super::rule::{Scope, Typed};

impl Scope<'_> {
    /// Resolves `(cast)path["key"]` to an attribute of the source.
    pub(super) fn operand(&mut self, operand: &Operand<'_>) -> Option<Typed> {
        let names: Vec<&str> = operand.path.iter().map(|segment| segment.name.text).collect();
        let name = names.join(".");
        let word = Word { text: &name, span: operand.span };
        let Some((attribute, definition)) = self.source.attribute(&name) else {
            let source = self.source;
            let known = source.attributes.iter().map(|attribute| attribute.name);
            let message = format!("source `{}` has no attribute `{name}`", source.name);
            return self.reject_name(word, message, known);
        };
        let (key, inner_keys) = match operand.path.split_last() {
            Some((last, inner)) => {
                (last.key.as_deref(), inner.iter().any(|part| part.key.is_some()))
            }
            None => (None, false),
        };
        if inner_keys || (key.is_some() && definition.ty != AttributeType::TextMap) {
            let ty = definition.ty.described();
            return self
                .reject(operand.span, format!("attribute `{name}` is {ty} and has no keys"));
        }
        let ty = match definition.ty {
            AttributeType::TextMap if key.is_some() => AttributeType::Text,
            ty => ty,
        };
        if ty == AttributeType::TextMap {
            let message = format!("attribute `{name}` needs a key, as in `{name}[\"key\"]`");
            return self.reject(operand.span, message);
        }
        self.cast(operand, name, ty, attribute)
    }

    fn cast(
        &mut self,
        operand: &Operand<'_>,
        name: String,
        ty: AttributeType,
        attribute: usize,
    ) -> Option<Typed> {
        let cast = match operand.cast {
            Some((_, span)) if ty != AttributeType::Text => {
                let ty = ty.described();
                return self
                    .reject(span, format!("a cast is for text, attribute `{name}` is {ty}"));
            }
            cast => cast.map(|(cast, _)| cast),
        };
        let ty = if cast.is_some() { AttributeType::Int } else { ty };
        let key = operand.path.last().and_then(|segment| segment.key.as_deref());
        let value = match key {
            Some(key) => Value::MapEntry { attribute, key: key.into(), cast },
            None => Value::Attribute { attribute, cast },
        };
        Some(Typed { name, value, ty: Some(ty), span: operand.span })
    }
}
