//! The words a scenario is written in. Times are in microseconds unless a name says otherwise.

/// Number of a library in the component catalogue.
pub(super) type Component = i32;

/// Agent of a service; it decides the form of segment ids and what instances tell of themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Java,
    Python,
    Node,
}

/// A company whose customers buy in the shop.
#[derive(Debug)]
pub(super) struct Tenant {
    pub(super) name: &'static str,
    /// How many of the customers are its own, in proportion.
    pub(super) weight: u64,
    /// A statement that takes longer for it, and how much.
    pub(super) slow: Option<(&'static str, Span)>,
}

/// How a service is called.
#[derive(Debug, Clone, Copy)]
pub(super) enum Protocol {
    Http,
    Grpc,
}

/// Processes with an agent.
#[derive(Debug)]
pub(super) struct Service {
    pub(super) name: &'static str,
    pub(super) language: Language,
    pub(super) instances: usize,
    pub(super) protocol: Protocol,
    /// Port of every instance; the addresses differ.
    pub(super) port: u16,
    /// What answers its calls.
    pub(super) server: Component,
    /// What its own HTTP calls are made with.
    pub(super) client: Component,
    /// What its Redis commands are made with.
    pub(super) redis: Component,
    pub(super) endpoints: &'static [Endpoint],
}

impl Service {
    pub(super) fn endpoint(&self, name: &str) -> Option<&'static Endpoint> {
        self.endpoints.iter().find(|endpoint| endpoint.name == name)
    }
}

/// Something a service can be asked for.
#[derive(Debug)]
pub(super) struct Endpoint {
    /// `GET:/path/{variable}` for HTTP, the operation for gRPC and consumers.
    pub(super) name: &'static str,
    /// Time of its own code, spread before and after its steps.
    pub(super) own: Span,
    pub(super) steps: &'static [Step],
    /// Failures of its own code.
    pub(super) fault: Option<(u32, &'static Fault)>,
}

/// A duration drawn evenly from `low..=high`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) low: i64,
    pub(super) high: i64,
}

/// A part of the work of an endpoint; parts run one after the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    pub(super) action: Action,
    /// How often it is taken, of 1,000.
    pub(super) permille: u32,
    /// Whether the endpoint answers all the same when this fails.
    pub(super) optional: bool,
    /// Failures of a database, a cache or a stranger.
    pub(super) fault: Option<(u32, &'static Fault)>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Action {
    /// A method worth a span of its own.
    Local { name: &'static str, own: Span, steps: &'static [Step] },
    /// Work handed to a thread of a pool, which the caller does not wait for.
    Async { name: &'static str, own: Span, steps: &'static [Step] },
    /// A call to another service of the shop.
    Call { service: &'static str, endpoint: &'static str },
    /// A call to someone without an agent.
    External { stranger: &'static Stranger },
    /// A statement.
    Sql { database: &'static Database, statement: &'static str, time: Span },
    /// A command; `{id}` in the key becomes a number.
    Cache { cache: &'static Cache, command: &'static str, key: &'static str },
    /// A message.
    Publish { queue: &'static Queue },
}

/// An HTTP server without an agent.
#[derive(Debug)]
pub(super) struct Stranger {
    pub(super) address: &'static str,
    pub(super) endpoint: &'static str,
    pub(super) time: Span,
    /// When it is slow.
    pub(super) slowdown: Option<Slowdown>,
}

/// A stranger that turns slow by the clock: in the last `lasts` seconds of every `every` seconds
/// since the Unix epoch.
#[derive(Debug)]
pub(super) struct Slowdown {
    pub(super) every: i64,
    pub(super) lasts: i64,
    pub(super) time: Span,
    pub(super) fault: (u32, &'static Fault),
}

impl Slowdown {
    pub(super) fn is_on(&self, unix_nanos: i64) -> bool {
        let second = unix_nanos.div_euclid(1_000_000_000).rem_euclid(self.every.max(1));
        second >= self.every - self.lasts
    }
}

/// A database server.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) address: &'static str,
    pub(super) system: &'static str,
    pub(super) schema: &'static str,
    pub(super) component: Component,
    /// How often a statement takes `slow` longer, of 1,000.
    pub(super) slow_permille: u32,
    pub(super) slow: Span,
}

/// A cache server.
#[derive(Debug)]
pub(super) struct Cache {
    pub(super) address: &'static str,
    pub(super) system: &'static str,
    pub(super) time: Span,
    /// How often a command takes `slow` longer, of 1,000.
    pub(super) slow_permille: u32,
    pub(super) slow: Span,
}

/// A topic with those who read it.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) broker: &'static Broker,
    pub(super) topic: &'static str,
    /// Set where the broker tells topics and queues apart.
    pub(super) queue: Option<&'static str>,
    /// Operation of the producers.
    pub(super) producer: &'static str,
    pub(super) service: &'static str,
    pub(super) endpoint: &'static str,
    /// Messages that are consumed together.
    pub(super) batch: usize,
}

/// A message broker.
#[derive(Debug)]
pub(super) struct Broker {
    pub(super) address: &'static str,
    pub(super) producer: Component,
    pub(super) consumer: Component,
}

/// A way to fail.
#[derive(Debug)]
pub(super) struct Fault {
    /// HTTP status of the endpoint that fails by it.
    pub(super) status: u16,
    pub(super) kind: &'static str,
    pub(super) message: &'static str,
    pub(super) stack: &'static str,
}

pub(super) const fn micros(low: i64, high: i64) -> Span {
    Span { low, high }
}

pub(super) const fn millis(low: i64, high: i64) -> Span {
    Span { low: low * 1000, high: high * 1000 }
}

pub(super) const fn endpoint(name: &'static str, own: Span, steps: &'static [Step]) -> Endpoint {
    Endpoint { name, own, steps, fault: None }
}

impl Endpoint {
    /// Its own code fails in `permille` of 1,000 calls.
    pub(super) const fn failing(self, permille: u32, fault: &'static Fault) -> Self {
        Self { fault: Some((permille, fault)), ..self }
    }
}

const fn step(action: Action) -> Step {
    Step { action, permille: 1000, optional: false, fault: None }
}

pub(super) const fn local(name: &'static str, own: Span, steps: &'static [Step]) -> Step {
    step(Action::Local { name, own, steps })
}

pub(super) const fn in_a_thread(name: &'static str, own: Span, steps: &'static [Step]) -> Step {
    step(Action::Async { name, own, steps })
}

pub(super) const fn call(service: &'static str, endpoint: &'static str) -> Step {
    step(Action::Call { service, endpoint })
}

pub(super) const fn ask(stranger: &'static Stranger) -> Step {
    step(Action::External { stranger })
}

pub(super) const fn sql(database: &'static Database, statement: &'static str, time: Span) -> Step {
    step(Action::Sql { database, statement, time })
}

pub(super) const fn redis(cache: &'static Cache, command: &'static str, key: &'static str) -> Step {
    step(Action::Cache { cache, command, key })
}

pub(super) const fn publish(queue: &'static Queue) -> Step {
    step(Action::Publish { queue })
}

impl Step {
    /// Taken in `percent` of 100 cases only.
    pub(super) const fn percent(self, percent: u32) -> Self {
        Self { permille: percent * 10, ..self }
    }

    /// The endpoint does without it when it fails.
    pub(super) const fn or_without(self) -> Self {
        Self { optional: true, ..self }
    }

    /// It fails in `permille` of 1,000 cases.
    pub(super) const fn failing(self, permille: u32, fault: &'static Fault) -> Self {
        Self { fault: Some((permille, fault)), ..self }
    }
}
