//! From spans to sums, by SkyWalking's rules of what a span says about whom.

use std::collections::{HashMap, HashSet};

use skytrail_model::batch::SpanBatch;
use skytrail_model::layer::Layer;
use skytrail_model::span::{Link, LinkKind, Segment, Span, SpanKind, SpanLayer};
use skytrail_model::time::Minute;

use super::cell::{Call, Cell};
use super::key::{SEPARATOR, Service, endpoint_key, instance_key, relation_key};

type Cells = HashMap<String, Cell>;

/// The sums, by source and then by key: `minute, names…`.
#[derive(Debug, Clone, Default)]
pub struct Naive {
    /// By name of the source; relations have the side before the name.
    pub sources: HashMap<&'static str, Cells>,
}

/// Who called.
struct Source {
    service: Service,
    instance: String,
    /// Owner of the endpoint, and the endpoint; none when it is not known.
    endpoint: Option<(Service, String)>,
}

/// A span with what belongs to it.
#[derive(Clone, Copy)]
struct Seen<'a> {
    batch: &'a SpanBatch,
    segment: &'a Segment,
    span: &'a Span,
    minute: i64,
    call: Call,
}

impl Naive {
    /// Takes every span of a batch.
    pub fn take(&mut self, batch: &SpanBatch) {
        for segment in &batch.segments {
            for span in batch.spans_of(segment) {
                self.span(&Seen::new(batch, segment, span));
            }
        }
    }

    /// How many entities have sums, over all sources.
    pub fn entities(&self) -> usize {
        let without_minute = |key: &str| {
            key.split_once(SEPARATOR).map_or_else(String::new, |(_, names)| names.to_owned())
        };
        let distinct = |cells: &Cells| {
            cells.keys().map(|key| without_minute(key)).collect::<HashSet<_>>().len()
        };
        self.sources.values().map(distinct).sum()
    }

    fn add(&mut self, source: &'static str, seen: &Seen<'_>, key: &str) {
        let key = format!("{}{SEPARATOR}{key}", seen.minute);
        self.sources.entry(source).or_default().entry(key).or_default().add(seen.call);
    }

    fn span(&mut self, seen: &Seen<'_>) {
        if !seen.span.skip_analysis {
            match seen.span.kind {
                kind if kind.is_entry() => self.entry(seen),
                kind if kind.is_exit() => {
                    self.exit(seen);
                    self.references(seen);
                }
                _ => self.references(seen),
            }
        }
        match seen.span.layer {
            SpanLayer::Database => self.database(seen),
            SpanLayer::Cache => self.cache(seen),
            SpanLayer::Mq => self.queue(seen),
            _ => {}
        }
    }

    fn entry(&mut self, seen: &Seen<'_>) {
        let links = seen.batch.links_of(seen.span);
        if links.is_empty() {
            self.entered(seen, &seen.source_without_link());
        }
        for link in links {
            self.entered(seen, &seen.source_of(link));
        }
    }

    /// One call that came in.
    fn entered(&mut self, seen: &Seen<'_>, source: &Source) {
        let dest = seen.service();
        let (from, to) = (source.service.key(), dest.key());
        let instance = instance_key(&dest, seen.instance());
        self.add("Service", seen, &to);
        self.add("ServiceInstance", seen, &instance);
        self.add("server ServiceRelation", seen, &relation_key(&from, &to));
        if !source.instance.is_empty() && !seen.instance().is_empty() {
            let from = instance_key(&source.service, &source.instance);
            self.add("server ServiceInstanceRelation", seen, &relation_key(&from, &instance));
        }
        if seen.span.layer != SpanLayer::Faas {
            self.endpoint(seen, source, &dest);
        }
    }

    fn endpoint(&mut self, seen: &Seen<'_>, source: &Source, dest: &Service) {
        let operation = seen.batch.name(seen.span.operation);
        let to = endpoint_key(dest, operation);
        self.add("Endpoint", seen, &to);
        if let Some((owner, name)) = &source.endpoint {
            let from = endpoint_key(owner, name);
            self.add("EndpointRelation", seen, &relation_key(&from, &to));
        }
    }

    fn exit(&mut self, seen: &Seen<'_>) {
        let peer = seen.peer();
        if peer.is_empty() {
            return;
        }
        let source = seen.service();
        let dest = Service::new(peer, peer_layer(seen.span.layer));
        self.add("client ServiceRelation", seen, &relation_key(&source.key(), &dest.key()));
        let from = instance_key(&source, seen.instance());
        let to = instance_key(&dest, peer);
        self.add("client ServiceInstanceRelation", seen, &relation_key(&from, &to));
    }

    /// Parents of spans that are no entries: work that another thread or
    /// process asked for.
    fn references(&mut self, seen: &Seen<'_>) {
        let dest = seen.service();
        for link in seen.batch.links_of(seen.span) {
            self.endpoint(seen, &seen.source_of(link), &dest);
        }
    }

    fn database(&mut self, seen: &Seen<'_>) {
        if !seen.peer().is_empty() {
            let service = Service::new(seen.peer(), Layer::VIRTUAL_DATABASE);
            self.add("DatabaseAccess", seen, &service.key());
        }
    }

    fn cache(&mut self, seen: &Seen<'_>) {
        let Some(kind) = seen.tag("cache.type") else { return };
        let local = format!("{kind}-local");
        let name = if seen.peer().is_empty() { &local } else { seen.peer() };
        let key = Service::new(name, Layer::VIRTUAL_CACHE).key();
        match seen.tag("cache.op") {
            Some("read") => self.add("read CacheAccess", seen, &key),
            Some("write") => self.add("write CacheAccess", seen, &key),
            _ => {}
        }
        self.add("CacheAccess", seen, &key);
    }

    fn queue(&mut self, seen: &Seen<'_>) {
        let link = seen.batch.links_of(seen.span).first();
        let (side, endpoint_side, peer) = match seen.span.kind {
            kind if kind.is_entry() => {
                let peer = link.map_or(seen.peer(), |link| seen.batch.name(link.peer_address));
                ("consume MQAccess", "consume MQEndpointAccess", peer)
            }
            SpanKind::Client | SpanKind::Producer => {
                ("produce MQAccess", "produce MQEndpointAccess", seen.peer())
            }
            _ => return,
        };
        if peer.is_empty() {
            return;
        }
        let service = Service::new(peer, Layer::VIRTUAL_MQ);
        // What counts as the duration here is how long the message was under way, in milliseconds.
        let latency = seen.tag("transmission.latency").and_then(|text| text.parse().ok());
        let call = Call { latency: latency.unwrap_or(0), ..seen.call };
        let seen = &Seen { call, ..*seen };
        self.add(side, seen, &service.key());
        let parts = [seen.tag("mq.topic"), seen.tag("mq.queue")];
        let parts: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        if !parts.is_empty() {
            self.add(endpoint_side, seen, &endpoint_key(&service, &parts.join("/")));
        }
    }
}

impl<'a> Seen<'a> {
    fn new(batch: &'a SpanBatch, segment: &'a Segment, span: &'a Span) -> Self {
        let is_message = span.layer == SpanLayer::Mq;
        let transmission =
            batch.text_attribute(span, "transmission.latency").filter(|_| is_message);
        let call = Call {
            latency: span.duration / 1000,
            is_successful: !span.is_error(),
            is_message,
            transmission: transmission.and_then(|text| text.parse().ok()),
        };
        Self { batch, segment, span, minute: Minute::of_nanos(span.start).0, call }
    }

    fn service(&self) -> Service {
        let layer = match self.span.layer {
            SpanLayer::Faas => Layer::FAAS,
            _ => Layer::GENERAL,
        };
        Service::new(self.batch.name(self.segment.service), layer)
    }

    fn instance(&self) -> &'a str {
        self.batch.name(self.segment.instance)
    }

    fn peer(&self) -> &'a str {
        self.batch.name(self.span.peer)
    }

    fn tag(&self, key: &str) -> Option<&'a str> {
        self.batch.text_attribute(self.span, key)
    }

    fn source_of(&self, link: &Link) -> Source {
        let name = |id| self.batch.name(id);
        let parent = Service::new(name(link.parent_service), Layer::GENERAL);
        let endpoint = match name(link.parent_endpoint) {
            "" => "User".to_owned(),
            endpoint => endpoint.to_owned(),
        };
        let through_queue = self.span.layer == SpanLayer::Mq && link.kind != LinkKind::Follows;
        let (service, instance) = match through_queue {
            true => {
                let address = name(link.peer_address);
                (Service::new(address, Layer::VIRTUAL_MQ), address.to_owned())
            }
            false => (parent.clone(), name(link.parent_instance).to_owned()),
        };
        Source { service, instance, endpoint: Some((parent, endpoint)) }
    }

    fn source_without_link(&self) -> Source {
        let peer = self.peer();
        if self.span.layer == SpanLayer::Mq && !peer.is_empty() {
            let service = Service::new(peer, Layer::VIRTUAL_MQ);
            return Source { service, instance: peer.to_owned(), endpoint: None };
        }
        let user = Service::new("User", Layer::UNDEFINED);
        let endpoint = Some((user.clone(), "User".to_owned()));
        Source { service: user, instance: "User".to_owned(), endpoint }
    }
}

/// The layer of a service that is known by the address that its callers use.
fn peer_layer(layer: SpanLayer) -> Layer {
    match layer {
        SpanLayer::Database => Layer::VIRTUAL_DATABASE,
        SpanLayer::Mq => Layer::VIRTUAL_MQ,
        SpanLayer::Cache => Layer::VIRTUAL_CACHE,
        SpanLayer::GenAi => Layer::VIRTUAL_GENAI,
        SpanLayer::Http | SpanLayer::RpcFramework => Layer::GENERAL,
        SpanLayer::Faas => Layer::FAAS,
        SpanLayer::Unknown => Layer::UNDEFINED,
    }
}
