//! Which function answers which root field: static tables, one per topic, joined and checked once.

use std::collections::HashMap;
use std::future::Future;

use apollo_compiler::Schema;
use apollo_compiler::ast::OperationType;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use skytrail_query::Ctx;

use super::answer::Answer;
use super::arguments::Arguments;
use super::error::FieldError;
use super::room::Room;
use super::schema::SchemaError;

/// What a resolver gets beside its arguments.
pub struct Context<S> {
    /// What answers are made from.
    pub sources: std::sync::Arc<S>,
    /// What the request may still read and until when, shared by all its fields.
    pub ctx: Ctx,
    /// What the answer may still come to, shared by all its fields.
    pub(crate) room: std::sync::Arc<Room>,
}

impl<S> Context<S> {
    /// For one of the root fields.
    pub(crate) fn field(&self) -> Self {
        let (sources, room) = (self.sources.clone(), self.room.clone());
        Self { sources, ctx: self.ctx.question(), room }
    }
}

/// The outcome of a root field.
pub type Resolved = Result<Box<dyn Answer + Send>, FieldError>;

/// A resolver. It is dropped when the client leaves or the deadline passes, so it MUST do its work
/// within the future and MUST NOT block.
pub type Resolver<S> = for<'a> fn(&'a Context<S>, Arguments) -> BoxFuture<'a, Resolved>;

/// Says an error in the answer itself.
pub type Recovery = fn(FieldError) -> Box<dyn Answer + Send>;

/// One line of a table: the root field and its resolver.
pub struct Root<S> {
    /// Name in the schema.
    pub field: &'static str,
    /// Its resolver.
    pub resolver: Resolver<S>,
    /// What answers in its place when it fails, is late or panics; without one the field is null.
    pub recovery: Option<Recovery>,
}

impl<S> Root<S> {
    /// `Root::new("listLayers", |context, arguments| answer(list_layers(context, arguments)))`
    pub const fn new(field: &'static str, resolver: Resolver<S>) -> Self {
        Self { field, resolver, recovery: None }
    }

    /// The same, with an answer in place of every error.
    #[must_use]
    pub const fn or_answer(self, recovery: Recovery) -> Self {
        Self { field: self.field, resolver: self.resolver, recovery: Some(recovery) }
    }
}

/// Makes a resolver of an async function that returns any kind of answer.
pub fn answer<'a, T>(
    future: impl Future<Output = Result<T, FieldError>> + Send + 'a,
) -> BoxFuture<'a, Resolved>
where
    T: Answer + Send + 'static,
{
    future.map(|resolved| resolved.map(|value| Box::new(value) as Box<dyn Answer + Send>)).boxed()
}

/// Tables of all topics.
pub struct Tables<S: 'static> {
    /// Fields of `Query`.
    pub query: &'static [&'static [Root<S>]],
    /// Fields of `Mutation`.
    pub mutation: &'static [&'static [Root<S>]],
}

/// Resolvers by operation and field.
pub(crate) struct Registry<S: 'static> {
    query: HashMap<&'static str, &'static Root<S>>,
    mutation: HashMap<&'static str, &'static Root<S>>,
}

impl<S> Registry<S> {
    /// Joins the tables; each field must be in the schema and have one resolver.
    pub(crate) fn new(schema: &Schema, tables: &Tables<S>) -> Result<Self, SchemaError> {
        Ok(Self {
            query: join(schema, "Query", tables.query)?,
            mutation: join(schema, "Mutation", tables.mutation)?,
        })
    }

    pub(crate) fn get(&self, operation: OperationType, field: &str) -> Option<&'static Root<S>> {
        let table = match operation {
            OperationType::Mutation => &self.mutation,
            OperationType::Query | OperationType::Subscription => &self.query,
        };
        table.get(field).copied()
    }
}

fn join<S>(
    schema: &Schema,
    owner: &str,
    tables: &'static [&'static [Root<S>]],
) -> Result<HashMap<&'static str, &'static Root<S>>, SchemaError> {
    let mut joined = HashMap::new();
    for root in tables.iter().copied().flatten() {
        let field = root.field;
        if schema.type_field(owner, field).is_err() {
            return Err(SchemaError(format!("{owner}.{field} is not in the schema")));
        }
        if joined.insert(field, root).is_some() {
            return Err(SchemaError(format!("{owner}.{field} has two resolvers")));
        }
    }
    Ok(joined)
}
