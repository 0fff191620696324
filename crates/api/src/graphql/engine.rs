//! Runs one request: document, arguments, resolvers side by side, answer.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
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
use futures_util::{FutureExt, StreamExt, stream};
use skytrail_base::metrics::Registry as SelfMetrics;
use skytrail_query::{Budget, Ctx};
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout, timeout_at};

use super::answer::{Writer, Written};
use super::answered::Answered;
use super::arguments::Arguments;
use super::document::Documents;
use super::error::{Code, Failure, FieldError, errors, refusal};
use super::limits::Limits;
use super::memory::Memory;
use super::metrics::Metrics;
use super::registry::{Context, Registry, Resolved, Root, Tables};
use super::room::Room;
use super::schema::{self, SchemaError};
use super::selection::{Collector, Selected};
use super::weight::weigh;

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
    limits: Limits,
    metrics: Metrics,
    memory: Memory,
    sources: Arc<S>,
}

/// A root field that waits for its resolver.
struct Call<S: 'static> {
    key: String,
    root: Option<&'static Root<S>>,
    arguments: Arguments,
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
        let metrics = Metrics::new(metrics);
        Ok(Self {
            registry: Registry::new(&schema, tables)?,
            documents: Documents::new(),
            schema,
            memory: Memory::of(limits.held_bytes, metrics.held()),
            limits,
            metrics,
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

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What an HTTP request may read.
    pub(crate) fn budget(&self) -> Arc<Budget> {
        Arc::new(Budget::new(self.limits.cost))
    }

    /// Memory for an HTTP request, once there is some; none when there is not in time.
    pub(crate) async fn room(&self) -> Option<Room> {
        let waiting = timeout(self.limits.deadline, self.memory.share());
        Some(Room::of(&self.limits, waiting.await.ok()??))
    }

    /// For a request whose time begins now.
    pub(crate) fn context(&self, budget: Arc<Budget>, room: Room) -> Context<S> {
        let deadline = Instant::now() + self.limits.deadline;
        let ctx = Ctx { budget, deadline: Some(deadline.into_std()) };
        Context { sources: Arc::clone(&self.sources), ctx, room: Arc::new(room) }
    }

    /// The response to one request, as JSON.
    pub(crate) async fn execute(&self, context: &Context<S>, request: &Request) -> Vec<u8> {
        self.metrics.request();
        let mut prepared = match self.prepare(&context.room, request) {
            Ok(prepared) => prepared,
            Err(failures) => return self.refuse(&failures),
        };
        let calls = std::mem::take(&mut prepared.walked.calls);
        let document = Arc::clone(&prepared.document);
        // It was found there once.
        let Ok(operation) = document.operations.get(request.operation_name.as_deref()) else {
            return self.refuse(&[Failure::new(Code::Internal, "the operation is gone")]);
        };
        let variables = &prepared.variables;
        let collector = Collector { schema: &self.schema, document: &document, variables };
        let selected = collector.collect(&operation.selection_set);
        let answered = self.resolve(context, prepared.operation, calls, &selected).await;
        context.room.release(prepared.weight);
        let written = self.write(&context.room, prepared.walked, &selected, answered);
        written.unwrap_or_else(|failure| self.refuse(&[failure]))
    }

    /// A response without data.
    pub(crate) fn refuse(&self, failures: &[Failure]) -> Vec<u8> {
        self.metrics.failed(failures);
        refusal(failures)
    }

    fn prepare(&self, room: &Room, request: &Request) -> Result<Prepared<S>, Vec<Failure>> {
        let document = self.documents.get(&self.schema, &self.limits, &request.query)?;
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
        room.take_arguments(weight, &self.limits).map_err(|failure| vec![failure])?;
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
        let (asked, limit) = (walked.calls.len(), self.limits.aliases);
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

    /// Runs resolvers side by side; those of a mutation one after another.
    async fn resolve(
        &self,
        context: &Context<S>,
        operation: OperationType,
        calls: Vec<Call<S>>,
        selected: &[Selected<'_>],
    ) -> HashMap<String, Answered> {
        let width = match operation {
            OperationType::Mutation => 1,
            OperationType::Query | OperationType::Subscription => self.limits.concurrency,
        };
        let by_key: HashMap<_, _> = selected.iter().map(|root| (root.key, root)).collect();
        let futures: Vec<_> = calls
            .into_iter()
            .filter_map(|call| Some((*by_key.get(call.key.as_str())?, call)))
            .map(|(selected, call)| async move {
                let key = call.key.clone();
                if context.room.is_full() {
                    return (key, Answered::without_room());
                }
                let resolved = self.run(context, call).await;
                (key, Answered::new(selected, resolved, &context.room))
            })
            .collect();
        stream::iter(futures).buffer_unordered(width.max(1)).collect().await
    }

    async fn run(&self, context: &Context<S>, call: Call<S>) -> Resolved {
        let Some(root) = call.root else {
            let message = "this operation is not served by this version";
            return Err(FieldError::new(Code::NotSupported, message));
        };
        let resolved = resolved(context, root, call.arguments).await;
        match (resolved, root.recovery) {
            (Err(error), Some(recovery)) => {
                self.metrics.error(error.code);
                Ok(recovery(error))
            }
            (resolved, _) => resolved,
        }
    }

    fn write(
        &self,
        room: &Room,
        walked: Walked<S>,
        selected: &[Selected<'_>],
        answered: HashMap<String, Answered>,
    ) -> Result<Vec<u8>, Failure> {
        let mut writer = Writer::new(Vec::with_capacity(4096), self.limits.answer_bytes);
        for failure in walked.failures {
            writer.fail(failure);
        }
        writer.raw(b"{\"data\":");
        let start = writer.position();
        let written = match &walked.introspected {
            Some(introspected) => write_roots(&mut writer, selected, introspected, answered),
            None => writer.json(&()),
        };
        if written.is_err() {
            writer.rewind(start);
            writer.raw(b"null");
        }
        self.finish(room, writer)
    }

    fn finish(&self, room: &Room, writer: Writer) -> Result<Vec<u8>, Failure> {
        let (mut bytes, failures) = writer.finish().ok_or_else(|| room.failure(&self.limits))?;
        if !failures.is_empty() {
            self.metrics.failed(&failures);
            bytes.extend_from_slice(b",\"errors\":");
            bytes.extend(errors(&failures));
        }
        bytes.push(b'}');
        Ok(bytes)
    }
}

async fn resolved<S>(context: &Context<S>, root: &Root<S>, arguments: Arguments) -> Resolved {
    let work = AssertUnwindSafe((root.resolver)(context, arguments)).catch_unwind();
    match within(context.ctx.deadline, work).await {
        Ok(Ok(resolved)) => resolved,
        Ok(Err(_)) => {
            tracing::error!(field = root.field, "graphql resolver panicked");
            Err(FieldError::internal("the server failed to answer"))
        }
        Err(_) => Err(FieldError::new(
            Code::DeadlineExceeded,
            "not answered in time; narrow the time range or ask for fewer fields",
        )),
    }
}

async fn within<T>(
    deadline: Option<std::time::Instant>,
    work: impl Future<Output = T>,
) -> Result<T, Elapsed> {
    match deadline {
        Some(deadline) => timeout_at(Instant::from_std(deadline), work).await,
        None => Ok(work.await),
    }
}

fn write_roots(
    writer: &mut Writer,
    selected: &[Selected<'_>],
    introspected: &JsonMap,
    mut answered: HashMap<String, Answered>,
) -> Written {
    writer.raw(b"{");
    for (index, root) in selected.iter().enumerate() {
        writer.key(root.key, index == 0);
        match (introspected.get(root.key), answered.remove(root.key)) {
            (Some(value), _) => writer.json(value)?,
            (None, Some(answered)) => answered.join(writer)?,
            // Its arguments were refused, and the reason is noted.
            (None, None) => writer.null_or_fail(root.ty)?,
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
