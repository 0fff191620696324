//! Root fields to their resolvers: those of a query side by side, those of a mutation one after
//! another and each once.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};

use apollo_compiler::ast::OperationType;
use apollo_compiler::response::JsonMap;
use futures_util::{FutureExt, StreamExt, stream};
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

use super::answered::Answered;
use super::arguments::Arguments;
use super::error::{Code, FieldError};
use super::limits::Limits;
use super::metrics::Metrics;
use super::registry::{Context, Resolved, Root};
use super::selection::Selected;

/// Bytes that must be there for what a field of a mutation is answered, before it is done. Each says
/// only what became of it.
const MUTATED: usize = 4 << 10;

/// A root field that waits for its resolver.
pub(crate) struct Call<S: 'static> {
    pub(crate) key: String,
    pub(crate) root: Option<&'static Root<S>>,
    pub(crate) arguments: Arguments,
}

/// A root field and what is asked of it.
type Asked<'a, S> = (&'a Selected<'a>, &'a Call<S>);

/// What resolvers are run under.
#[derive(Clone, Copy)]
pub(crate) struct Resolving<'e> {
    pub(crate) limits: &'e Limits,
    pub(crate) metrics: &'e Metrics,
}

impl Resolving<'_> {
    /// What the root fields come to, by their keys.
    pub(crate) async fn all<S: Send + Sync + 'static>(
        &self,
        context: &Context<S>,
        operation: OperationType,
        calls: Vec<Call<S>>,
        selected: &[Selected<'_>],
    ) -> HashMap<String, Answered> {
        let by_key: HashMap<_, _> = selected.iter().map(|root| (root.key, root)).collect();
        let known = |call: &Call<S>| by_key.get(call.key.as_str()).copied();
        let asked: Vec<_> = calls.iter().filter_map(|call| Some((known(call)?, call))).collect();
        match operation {
            OperationType::Mutation => self.mutate(context, &asked).await,
            OperationType::Query | OperationType::Subscription => self.query(context, asked).await,
        }
    }

    /// Runs resolvers side by side; those that need more memory than a request has at first, one
    /// after another.
    async fn query<S: Send + Sync + 'static>(
        &self,
        context: &Context<S>,
        asked: Vec<Asked<'_, S>>,
    ) -> HashMap<String, Answered> {
        let (mut left, mut answered) = (asked, HashMap::new());
        while !left.is_empty() {
            let is_small = context.room.claim().is_small();
            let width = if is_small { self.limits.concurrency.max(1) } else { 1 };
            let is_short = AtomicBool::new(false);
            let fields = left.into_iter().map(|(selected, call)| {
                let is_short = &is_short;
                async move { (selected, call, self.field(context, selected, call, is_short).await) }
            });
            let fields: Vec<_> = fields.collect();
            let fields: Vec<_> = stream::iter(fields).buffer_unordered(width).collect().await;
            left = Vec::new();
            for (selected, call, field) in fields {
                match field {
                    Some(field) => drop(answered.insert(call.key.clone(), field)),
                    None => left.push((selected, call)),
                }
            }
            if !left.is_empty() {
                // Without more the room is full, and none of them is asked.
                context.room.enlarge(context.ctx.deadline).await;
            }
        }
        answered
    }

    /// A root field; none if it has to be asked again with more memory, and then it cost nothing.
    /// Once there is one like that, no other is begun before.
    async fn field<S: Send + Sync + 'static>(
        &self,
        context: &Context<S>,
        selected: &Selected<'_>,
        call: &Call<S>,
        is_short: &AtomicBool,
    ) -> Option<Answered> {
        if context.room.is_full() {
            return Some(Answered::without_room());
        }
        if is_short.load(Ordering::Relaxed) {
            return None;
        }
        let field = context.field();
        let resolved = self.run(&field, call).await;
        let answered = match field.ctx.is_short() {
            true => None,
            false => Answered::new(selected, resolved, &context.room).ok(),
        };
        match answered {
            None => {
                is_short.store(true, Ordering::Relaxed);
                field.ctx.budget.give_back();
            }
            Some(_) if field.ctx.is_incomplete() => return answered.map(Answered::incomplete),
            Some(_) => {}
        }
        answered
    }

    /// Runs resolvers one after another, each once. None is run unless the answers of all of them
    /// have room: who is told that there is none may ask again.
    async fn mutate<S: Send + Sync + 'static>(
        &self,
        context: &Context<S>,
        asked: &[Asked<'_, S>],
    ) -> HashMap<String, Answered> {
        let deadline = context.ctx.deadline;
        let bytes = asked.iter().map(|(selected, _)| MUTATED + selected.key.len()).sum();
        let has_room = context.room.ensure(bytes, deadline).await;
        let mut answered = HashMap::new();
        for (selected, call) in asked {
            let field = match has_room {
                true => self.mutated(context, selected, call).await,
                false => Answered::without_room(),
            };
            answered.insert(call.key.clone(), field);
        }
        answered
    }

    async fn mutated<S: Send + Sync + 'static>(
        &self,
        context: &Context<S>,
        selected: &Selected<'_>,
        call: &Call<S>,
    ) -> Answered {
        let field = context.field();
        let mut resolved = self.run(&field, call).await;
        loop {
            let again = match Answered::new(selected, resolved, &context.room) {
                Ok(answered) if field.ctx.is_incomplete() => return answered.incomplete(),
                Ok(answered) => return answered,
                // It is longer than expected.
                Err(again) => again,
            };
            if !context.room.enlarge(context.ctx.deadline).await {
                return Answered::without_room();
            }
            resolved = again;
        }
    }

    async fn run<S: Send + Sync + 'static>(
        &self,
        context: &Context<S>,
        call: &Call<S>,
    ) -> Resolved {
        let Some(root) = call.root else {
            let message = "this operation is not served by this version";
            return Err(FieldError::new(Code::NotSupported, message));
        };
        let resolved = resolved(context, root, call.arguments.clone()).await;
        match (resolved, root.recovery) {
            (Err(error), Some(recovery)) => {
                self.metrics.error(error.code);
                Ok(recovery(error))
            }
            (resolved, _) => resolved,
        }
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

/// Writes what the schema tells of itself.
pub(crate) async fn introspect<S>(
    context: &Context<S>,
    selected: &[Selected<'_>],
    introspected: &JsonMap,
    answered: &mut HashMap<String, Answered>,
) {
    let told = |root: &Selected<'_>| Some((root.key.to_owned(), introspected.get(root.key)?));
    for (key, value) in selected.iter().filter_map(told) {
        let field = loop {
            match Answered::json(value, &context.room) {
                Some(field) => break field,
                None if context.room.enlarge(context.ctx.deadline).await => {}
                None => break Answered::without_room(),
            }
        };
        answered.insert(key, field);
    }
}
