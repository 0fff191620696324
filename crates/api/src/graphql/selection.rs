//! What a client selected of one value: fragments merged, `@skip` and `@include` decided.

use std::collections::{HashMap, HashSet};

use apollo_compiler::ast::Value;
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::response::JsonMap;
use apollo_compiler::schema::{EnumType, ExtendedType, Type};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Node, Schema};

/// What a leaf may hold, or that there is more below.
#[derive(Clone, Copy)]
pub(crate) enum Kind<'d> {
    Int,
    Long,
    Float,
    Boolean,
    Text,
    Enum(&'d Node<EnumType>),
    Object,
}

/// One field of the answer.
pub(crate) struct Selected<'d> {
    /// Alias, or the name.
    pub(crate) key: &'d str,
    pub(crate) name: &'d str,
    pub(crate) ty: &'d Type,
    pub(crate) kind: Kind<'d>,
    /// Type that the field belongs to; answers `__typename`.
    pub(crate) owner: &'d str,
    pub(crate) children: Vec<Selected<'d>>,
}

/// Merges selection sets into the fields of the answer, in the order in which they were asked for.
pub(crate) struct Collector<'d> {
    pub(crate) schema: &'d Valid<Schema>,
    pub(crate) document: &'d Valid<ExecutableDocument>,
    pub(crate) variables: &'d JsonMap,
}

#[derive(Default)]
struct Grouped<'d> {
    positions: HashMap<&'d str, usize>,
    groups: Vec<(&'d str, Vec<&'d Field>)>,
    fragments: HashSet<&'d str>,
}

impl<'d> Collector<'d> {
    /// Fields of an object of type `set.ty`, with everything below them.
    pub(crate) fn collect(&self, set: &'d SelectionSet) -> Vec<Selected<'d>> {
        self.merge(&[set])
    }

    /// The fields of a root that are asked for: of those with the same key, the first.
    pub(crate) fn roots(&self, set: &'d SelectionSet) -> Vec<&'d Field> {
        let mut grouped = Grouped::default();
        self.group(&set.selections, &mut grouped);
        grouped.groups.iter().filter_map(|(_, fields)| fields.first().copied()).collect()
    }

    fn merge(&self, sets: &[&'d SelectionSet]) -> Vec<Selected<'d>> {
        let mut grouped = Grouped::default();
        let mut owner = "";
        for set in sets {
            owner = set.ty.as_str();
            self.group(&set.selections, &mut grouped);
        }
        let groups = grouped.groups.into_iter();
        groups.filter_map(|(key, fields)| self.selected(key, owner, &fields)).collect()
    }

    fn selected(&self, key: &'d str, owner: &'d str, fields: &[&'d Field]) -> Option<Selected<'d>> {
        let first = *fields.first()?;
        let sets: Vec<_> = fields.iter().map(|field| &field.selection_set).collect();
        Some(Selected {
            key,
            name: first.name.as_str(),
            ty: &first.definition.ty,
            kind: self.kind(first.definition.ty.inner_named_type()),
            owner,
            children: self.merge(&sets),
        })
    }

    fn kind(&self, name: &str) -> Kind<'d> {
        match name {
            "Int" => Kind::Int,
            "Long" => Kind::Long,
            "Float" => Kind::Float,
            "Boolean" => Kind::Boolean,
            "String" | "ID" => Kind::Text,
            _ => match self.schema.types.get(name) {
                Some(ExtendedType::Enum(values)) => Kind::Enum(values),
                _ => Kind::Object,
            },
        }
    }

    fn group(&self, selections: &'d [Selection], grouped: &mut Grouped<'d>) {
        for selection in selections {
            if !self.included(selection) {
                continue;
            }
            match selection {
                Selection::Field(field) => grouped.push(field),
                // Types here are neither interfaces nor unions, so a valid fragment always applies.
                Selection::InlineFragment(inline) => {
                    self.group(&inline.selection_set.selections, grouped);
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.fragment_name.as_str();
                    if !grouped.fragments.insert(name) {
                        continue;
                    }
                    if let Some(fragment) = self.document.fragments.get(name) {
                        self.group(&fragment.selection_set.selections, grouped);
                    }
                }
            }
        }
    }

    fn included(&self, selection: &Selection) -> bool {
        let condition = |directive: &str| {
            let directive = selection.directives().get(directive)?;
            match directive.specified_argument_by_name("if")?.as_ref() {
                Value::Boolean(value) => Some(*value),
                Value::Variable(name) => self.variables.get(name.as_str())?.as_bool(),
                _ => None,
            }
        };
        !condition("skip").unwrap_or(false) && condition("include").unwrap_or(true)
    }
}

impl<'d> Grouped<'d> {
    fn push(&mut self, field: &'d Field) {
        let key = field.response_key().as_str();
        let next = self.groups.len();
        let position = *self.positions.entry(key).or_insert(next);
        match self.groups.get_mut(position) {
            Some((_, fields)) => fields.push(field),
            None => self.groups.push((key, vec![field])),
        }
    }
}
