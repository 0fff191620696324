//! How much a document may ask for, checked before it is validated or run.

use std::collections::HashMap;

use apollo_compiler::ast::{Definition, Document, Selection};

use super::error::{Code, Failure};

/// Bounds of one HTTP request to `/graphql`. The defaults let every real client pass: the topology
/// page of 200 nodes asks for 800 aliased expressions, the standard introspection is 13 deep.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Bytes of a request body.
    pub body_bytes: usize,
    /// Requests in one JSON array.
    pub batch: usize,
    /// Nested fields of an operation; the inside of `__schema` and `__type` is not counted.
    pub depth: usize,
    /// Aliased fields of an operation that have arguments or fields of their own, with fragments
    /// counted at every use; an alias of a leaf costs no more than the leaf.
    /// Root fields are held to the same number, whatever they are.
    pub aliases: usize,
    /// Fields of an operation, with fragments counted at every use.
    pub fields: usize,
    /// Uses of `__schema` and `__type`, and aliases inside them; without aliases an introspection
    /// cannot grow beyond the size of the schema.
    pub introspection: usize,
    /// Tokens of a document.
    pub tokens: usize,
    /// Nesting of braces, brackets and types in a document.
    pub nesting: usize,
    /// Root fields of a request that are resolved at the same time, as long as they take little
    /// memory; those that take more are resolved one after another.
    pub concurrency: usize,
    /// Stored rows and metric points that all fields of an HTTP request may read together.
    pub cost: u64,
    /// Bytes of an answer.
    pub answer_bytes: usize,
    /// Memory of the arguments of root fields once variables are put in, in bytes: each value
    /// counts as 256 and its text. The topology page of 200 nodes comes to 2 MiB.
    pub argument_bytes: usize,
    /// Memory of all requests that are being answered: what they are answered from, arguments, and
    /// answers that are made, in bytes. Less is cut into parts so that the last of them gets its
    /// turn: see [`skytrail_base::claim`].
    pub memory_bytes: usize,
    /// Bytes of all answers that are made and that clients have not taken yet.
    pub unsent_bytes: usize,
    /// Time in which a client must read some of its answer.
    pub stall: std::time::Duration,
    /// Time from the last byte of a request to its answer.
    pub deadline: std::time::Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            batch: 10,
            depth: 20,
            aliases: 2_000,
            fields: 50_000,
            introspection: 50,
            tokens: 400_000,
            nesting: 100,
            concurrency: 4,
            cost: skytrail_query::Budget::DEFAULT_LIMIT,
            answer_bytes: 64 << 20,
            argument_bytes: 16 << 20,
            memory_bytes: 24 << 20,
            unsent_bytes: 32 << 20,
            stall: std::time::Duration::from_secs(30),
            deadline: std::time::Duration::from_secs(30),
        }
    }
}

/// Size of a selection set when every fragment is written out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    depth: usize,
    /// Selection sets that are open at the deepest place, fragments included.
    open: usize,
    aliases: usize,
    fields: usize,
    introspection: usize,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.depth = self.depth.max(other.depth);
        self.open = self.open.max(other.open);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.fields = self.fields.saturating_add(other.fields);
        self.introspection = self.introspection.saturating_add(other.introspection);
    }
}

struct Measure<'d> {
    fragments: HashMap<&'d str, &'d [Selection]>,
    known: HashMap<&'d str, Size>,
    /// Selection sets that may be open at once; a chain of fragments nests without braces.
    nesting: usize,
}

impl<'d> Measure<'d> {
    fn selections(&mut self, selections: &'d [Selection], open: usize) -> Result<Size, Failure> {
        let limit = self.nesting;
        if open > limit {
            let message = format!("query nesting {open} exceeds the limit of {limit}");
            return Err(Failure::new(Code::LimitExceeded, message));
        }
        let mut total = Size::default();
        for selection in selections {
            let size = match selection {
                Selection::Field(field) => {
                    let leaf = field.selection_set.is_empty() && field.arguments.is_empty();
                    let inner = self.selections(&field.selection_set, open + 1)?;
                    field_size(&field.name, field.alias.is_some() && !leaf, inner)
                }
                Selection::InlineFragment(inline) => {
                    self.selections(&inline.selection_set, open + 1)?
                }
                Selection::FragmentSpread(spread) => self.fragment(&spread.fragment_name, open)?,
            };
            total.add(size);
        }
        total.open += usize::from(!selections.is_empty());
        Ok(total)
    }

    fn fragment(&mut self, name: &'d str, open: usize) -> Result<Size, Failure> {
        if let Some(size) = self.known.get(name) {
            return Ok(*size);
        }
        // A fragment that reaches itself counts as nothing here; validation refuses it afterwards.
        self.known.insert(name, Size::default());
        let selections = self.fragments.get(name).copied().unwrap_or_default();
        let size = self.selections(selections, open + 1)?;
        self.known.insert(name, size);
        Ok(size)
    }
}

fn field_size(name: &str, aliased: bool, inner: Size) -> Size {
    let introspection = matches!(name, "__schema" | "__type");
    Size {
        open: inner.open,
        depth: if introspection { 1 } else { inner.depth + 1 },
        aliases: inner.aliases.saturating_add(usize::from(aliased)),
        fields: inner.fields.saturating_add(1),
        introspection: if introspection {
            inner.aliases.saturating_add(1)
        } else {
            inner.introspection
        },
    }
}

/// Refuses a document of which any operation is larger than allowed.
pub(crate) fn check(document: &Document, limits: &Limits) -> Result<(), Failure> {
    let mut measure =
        Measure { fragments: HashMap::new(), known: HashMap::new(), nesting: limits.nesting };
    for definition in &document.definitions {
        if let Definition::FragmentDefinition(fragment) = definition {
            let selections = fragment.selection_set.as_slice();
            measure.fragments.insert(&fragment.name, selections);
        }
    }
    let mut fields = 0_usize;
    for definition in &document.definitions {
        if let Definition::OperationDefinition(operation) = definition {
            let size = measure.selections(&operation.selection_set, 1)?;
            fields = fields.saturating_add(size.fields);
            check_size(Size { fields, ..size }, limits)?;
        }
    }
    Ok(())
}

fn check_size(size: Size, limits: &Limits) -> Result<(), Failure> {
    let bounds = [
        ("depth", size.depth, limits.depth),
        ("nesting", size.open, limits.nesting),
        ("aliases", size.aliases, limits.aliases),
        ("fields", size.fields, limits.fields),
        ("introspection fields and aliases", size.introspection, limits.introspection),
    ];
    for (what, asked, limit) in bounds {
        if asked > limit {
            let message = format!("query {what} {asked} exceeds the limit of {limit}");
            return Err(Failure::new(Code::LimitExceeded, message));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
