//! Runs one request: document, arguments, resolvers side by side, answer.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use apollo_compiler::ast::OperationType;
use apollo_compiler::executable::Operation;
use apollo_compiler::introspection;
use apollo_compiler::request::{RequestError, coerce_variable_values};
use apollo_compiler::resolvers::{
    Execution, FieldError as LibraryError, ObjectValue, ResolveInfo, ResolvedValue,
};
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use skytrail_base::claim::Hold;
use skytrail_base::metrics::Registry as SelfMetrics;
use skytrail_query::{Budget, Ctx};
use tokio::time::Instant;

use super::answer::{Writer, Written};
use super::answered::Answered;
use super::arguments::Arguments;
use super::document::Documents;
use super::error::{Code, Failure, errors, extensions, refusal};
use super::limits::Limits;
use super::metrics::Metrics;
use super::registry::{Context, Registry, Tables};
use super::resolving::{Call, Resolving, introspect};
use super::room::Room;
use super::rope::Rope;
use super::schema::{self, SchemaError};
use super::selection::{Collector, Selected};
use super::weight::weigh;
use super::work::Work;

/// One GraphQL request.
pub(crate) struct Request {
    pub(crate) query: String,
    pub(crate) operation_name: Option<String>,
    pub(crate) variables: JsonMap,
}

/// Answers GraphQL requests from sources of type `S`.
pub struct Engine<S: 'static> {
    schema: Valid<Schema>,
    registry: Registry<S>,
    documents: Documents,
    work: Arc<Work>,
    sources: Arc<S>,
}

/// The root of a request, walked before any resolver runs.
struct Walked<S: 'static> {
    calls: Vec<Call<S>>,
    /// Answers to `__schema` and `__type`; `None` when an argument spoils the whole answer.
    introspected: Option<JsonMap>,
    failures: Vec<Failure>,
}

/// A request that can be run.
struct Prepared<S: 'static> {
    document: Arc<Valid<ExecutableDocument>>,
    variables: Valid<JsonMap>,
    operation: OperationType,
    /// Memory of the arguments, in bytes.
    weight: usize,
    walked: Walked<S>,
}

impl<S: Send + Sync + 'static> Engine<S> {
    /// An engine over the whole contract, which tells `metrics` about itself.
    ///
    /// # Errors
    /// The embedded schema is faulty, or a table names a field that is not in it or names it twice.
    pub fn new(
        sources: Arc<S>,
        tables: &Tables<S>,
        limits: Limits,
        metrics: &SelfMetrics,
    ) -> Result<Self, SchemaError> {
        let schema = schema::load()?;
        Ok(Self {
            registry: Registry::new(&schema, tables)?,
            documents: Documents::new(),
            schema,
            work: Arc::new(Work::new(limits, Metrics::new(metrics))),
            sources,
        })
    }

    /// Root fields of the schema that no table serves, as `Query.field`, sorted. They answer
    /// `NOT_SUPPORTED`.
    pub fn unserved(&self) -> Vec<String> {
        let mut unserved = Vec::new();
        let roots = [("Query", OperationType::Query), ("Mutation", OperationType::Mutation)];
        for (owner, operation) in roots {
            let fields = self.schema.get_object(owner).map(|object| &object.fields);
            for field in fields.into_iter().flatten().map(|(name, _)| name) {
                if self.registry.get(operation, field).is_none() {
                    unserved.push(format!("{owner}.{field}"));
                }
            }
        }
        unserved.sort();
        unserved
    }

    /// The bounds of a request, with what follows from them.
    pub(crate) fn limits(&self) -> &Limits {
        &self.work.limits
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.work.metrics
    }

    /// What it shares with other requests.
    pub(crate) fn work(&self) -> &Arc<Work> {
        &self.work
    }

    /// For a request whose time begins now.
    pub(crate) fn context(&self, budget: Arc<Budget>, room: Room) -> Context<S> {
        let deadline = Instant::now() + self.limits().deadline;
        let ctx = Ctx::new(budget, Some(deadline.into_std()), room.claim().clone());
        Context { sources: Arc::clone(&self.sources), ctx, room: Arc::new(room) }
    }

    /// The response to one request, as JSON.
    pub(crate) async fn execute(&self, context: &Context<S>, request: &Request) -> (Rope, Hold) {
        self.metrics().request();
        let hold = || context.room.claim().hold();
        match self.answer(context, request).await {
            Ok(made) => made,
            Err(failures) => (self.refuse(&failures).into(), hold()),
        }
    }

    async fn answer(
        &self,
        context: &Context<S>,
        request: &Request,
    ) -> Result<(Rope, Hold), Vec<Failure>> {
        let mut prepared = self.prepare(&context.room, request)?;
        let room = &context.room;
        let arguments = room.hold(prepared.weight, context.ctx.deadline, self.limits()).await;
        let arguments = arguments.map_err(|failure| vec![failure])?;
        let calls = std::mem::take(&mut prepared.walked.calls);
        let document = Arc::clone(&prepared.document);
        // It was found there once.
        let Ok(operation) = document.operations.get(request.operation_name.as_deref()) else {
            return Err(vec![Failure::new(Code::Internal, "the operation is gone")]);
        };
        let variables = &prepared.variables;
        let collector = Collector { schema: &self.schema, document: &document, variables };
        let selected = collector.collect(&operation.selection_set);
        let resolving = Resolving { limits: self.limits(), metrics: self.metrics() };
        let mut answered = resolving.all(context, prepared.operation, calls, &selected).await;
        if let Some(introspected) = &prepared.walked.introspected {
            introspect(context, &selected, introspected, &mut answered).await;
        }
        drop(arguments);
        let written = self.write(room, prepared.walked, &selected, answered);
        written.map_err(|failure| vec![failure])
    }

    /// A response without data.
    pub(crate) fn refuse(&self, failures: &[Failure]) -> Vec<u8> {
        self.metrics().failed(failures);
        refusal(failures)
    }

    fn prepare(&self, room: &Room, request: &Request) -> Result<Prepared<S>, Vec<Failure>> {
        let document = self.documents.get(&self.schema, self.limits(), &request.query)?;
        let coded = |code| {
            let sources = &document.sources;
            move |error: RequestError| vec![Failure::coded(code, error.to_graphql_error(sources))]
        };
        let name = request.operation_name.as_deref();
        let operation = document.operations.get(name).map_err(coded(Code::ValidationFailed))?;
        introspection::check_max_depth(&document, operation).map_err(coded(Code::LimitExceeded))?;
        let variables = coerce_variable_values(&self.schema, operation, &request.variables)
            .map_err(coded(Code::InvalidArgument))?;
        let collector =
            Collector { schema: &self.schema, document: &document, variables: &variables };
        let weight = weigh(&collector.roots(&operation.selection_set), &variables);
        room.take_arguments(weight, self.limits()).map_err(|failure| vec![failure])?;
        let walked =
            self.walk(&document, operation, &variables).map_err(coded(Code::ValidationFailed))?;
        self.check_width(&walked)?;
        Ok(Prepared {
            operation: operation.operation_type,
            document: Arc::clone(&document),
            variables,
            weight,
            walked,
        })
    }

    fn check_width(&self, walked: &Walked<S>) -> Result<(), Vec<Failure>> {
        let (asked, limit) = (walked.calls.len(), self.limits().aliases);
        if asked <= limit {
            return Ok(());
        }
        let message = format!("query root fields {asked} exceeds the limit of {limit}");
        Err(vec![Failure::new(Code::LimitExceeded, message)])
    }

    /// Lets the library walk the root: it decides what is skipped, coerces arguments and answers
    /// introspection, while the other fields are only noted.
    fn walk(
        &self,
        document: &Valid<ExecutableDocument>,
        operation: &Operation,
        variables: &Valid<JsonMap>,
    ) -> Result<Walked<S>, RequestError> {
        let recorder = Recorder {
            registry: &self.registry,
            operation: operation.operation_type,
            calls: RefCell::new(Vec::new()),
        };
        let response = Execution::new(&self.schema, document)
            .operation(operation)
            .coerced_variable_values(variables)
            .enable_schema_introspection(true)
            .execute_sync(&recorder)?;
        let failures = response.errors.into_iter();
        let failures = failures.map(|error| Failure::coded(Code::InvalidArgument, error));
        Ok(Walked {
            calls: recorder.calls.into_inner(),
            introspected: response.data,
            failures: failures.collect(),
        })
    }

    fn write(
        &self,
        room: &Room,
        walked: Walked<S>,
        selected: &[Selected<'_>],
        answered: HashMap<String, Answered>,
    ) -> Result<(Rope, Hold), Failure> {
        let mut writer = Writer::new(room.claim().hold(), self.limits().answer_bytes);
        let incomplete = selected.iter().map(|root| root.key).filter(|key| {
            let field = answered.get(*key);
            field.is_some_and(Answered::is_incomplete)
        });
        let incomplete: Vec<&str> = incomplete.collect();
        for failure in walked.failures {
            writer.fail(failure);
        }
        writer.raw(b"{\"data\":");
        let start = writer.position();
        let written = match &walked.introspected {
            Some(_) => write_roots(&mut writer, selected, answered),
            None => writer.json(&()),
        };
        if written.is_err() {
            writer.rewind(start);
            writer.raw(b"null");
        }
        incomplete.iter().for_each(|_| self.metrics().incomplete());
        self.finish(room, writer, &incomplete)
    }

    fn finish(
        &self,
        room: &Room,
        writer: Writer,
        incomplete: &[&str],
    ) -> Result<(Rope, Hold), Failure> {
        let finished = writer.finish().map_err(|full| {
            if full.is_some() {
                room.fill();
            }
            room.failure(self.limits())
        });
        let (mut bytes, hold, failures) = finished?;
        if !failures.is_empty() {
            self.metrics().failed(&failures);
            bytes.push(b",\"errors\":");
            bytes.push(&errors(&failures));
        }
        if !incomplete.is_empty() {
            bytes.push(b",\"extensions\":");
            bytes.push(&extensions(incomplete));
        }
        bytes.push(b"}");
        Ok((bytes, hold))
    }
}

fn write_roots(
    writer: &mut Writer,
    selected: &[Selected<'_>],
    mut answered: HashMap<String, Answered>,
) -> Written {
    writer.raw(b"{");
    for (index, root) in selected.iter().enumerate() {
        writer.key(root.key, index == 0);
        match answered.remove(root.key) {
            Some(answered) => answered.join(writer)?,
            // Its arguments were refused, and the reason is noted.
            None => writer.null_or_fail(root.ty)?,
        }
    }
    writer.raw(b"}");
    Ok(())
}

struct Recorder<'e, S: 'static> {
    registry: &'e Registry<S>,
    operation: OperationType,
    calls: RefCell<Vec<Call<S>>>,
}

impl<S> ObjectValue for Recorder<'_, S> {
    fn type_name(&self) -> &str {
        match self.operation {
            OperationType::Mutation => "Mutation",
            OperationType::Query | OperationType::Subscription => "Query",
        }
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, LibraryError> {
        let selections = info.field_selections();
        let key = selections.first().map(|field| field.response_key());
        self.calls.borrow_mut().push(Call {
            key: key.map(ToString::to_string).unwrap_or_default(),
            root: self.registry.get(self.operation, info.field_name()),
            arguments: Arguments::new(info.arguments().clone()),
        });
        Ok(ResolvedValue::SkipForPartialExecution)
    }
}
