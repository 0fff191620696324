//! Plays a history on a store and on the reference, and compares every answer.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use skytrail_base::journal::Position;
use skytrail_model::entity::Entity;
use skytrail_model::record::TopStream;
use skytrail_model::scope::Scope;
use skytrail_model::time::{Downsampling, MINUTE_NANOS, Minute, Zone};

use super::history::{DAY, KEYS, KEYWORDS, Rows, VALUES, ids, name_of};
use super::naive::{Naive, Place};
use super::operation::{Append, Operation, Question, Range, Search};
use crate::contract::build::read;
use crate::contract::data::{
    START, any_segment, calls, catalogue, child, cut, every, origin, pages, read_calls, read_rows,
    service_id,
};
use crate::contract::harness::{Harness, Instance, polled};
use crate::contract::records::slowest;
use crate::error::{Error, ErrorKind, Result};
use crate::rows::Gather;
use crate::spi::{
    Checkpoint, Cut, EntityFilter, EntityQuery, EntitySelection, MetricRead, Order, Origin,
    RecordRead, RelationRead, SegmentFilter, Storage, TagFilter, TagKind, TagRead, TraceState,
    Visible,
};

/// How far the clock goes when it jumps: further than anything is kept.
const JUMP: i64 = 20 * DAY;

struct Game {
    opened: Box<dyn Instance>,
    naive: Naive,
    zone: Zone,
    era: Minute,
    /// Last sequence number of each shard.
    last: [u64; 2],
    /// The last checkpoint that was saved, and those after it whose futures were
    /// dropped: a crash may leave any of them.
    saved: Saved,
    dropped: Vec<Saved>,
    saves: u64,
    ttl: i64,
}

/// A checkpoint: its number, and the last sequence number of each shard.
#[derive(Debug, Clone, Copy, Default)]
struct Saved {
    number: u64,
    last: [u64; 2],
}

impl Saved {
    fn cut(&self) -> Cut {
        cut(&[(0, self.last[0]), (1, self.last[1])])
    }
}

pub(super) async fn play(harness: &dyn Harness, operations: Vec<Operation>) -> Result<()> {
    let zone = Zone::parse("+0530").map_err(|reason| Error::new(ErrorKind::Invalid, reason))?;
    let opened = harness.open(catalogue(), zone.clone()).await?;
    let ttl = harness.ttl();
    let mut game = Game {
        opened,
        naive: Naive::default(),
        zone,
        era: START,
        last: [0; 2],
        saved: Saved::default(),
        dropped: Vec::new(),
        saves: 0,
        ttl: ttl.records.max(ttl.metrics),
    };
    for operation in operations {
        game = game.step(operation).await?;
    }
    game.compare_all().await
}

fn next(last: &mut [u64; 2], shard: u16) -> Origin {
    let sequence = &mut last[shard as usize];
    *sequence += 1;
    origin(shard, *sequence)
}

async fn append(store: &dyn Storage, naive: &mut Naive, origin: Origin, rows: Rows) -> Result<()> {
    let before = (naive.aliases(), store.entities().alias_version());
    rows.append_to(store, origin).await?;
    naive.log.push((origin, rows));
    let version = store.entities().alias_version();
    assert!(version > before.1 || naive.aliases() == before.0, "alias version");
    Ok(())
}

impl Game {
    fn store(&self) -> &dyn Storage {
        self.opened.store()
    }

    async fn step(mut self, operation: Operation) -> Result<Self> {
        match operation {
            Operation::Append { shard, what } => {
                let (origin, rows) = (next(&mut self.last, shard), what.rows(self.era));
                append(self.opened.store(), &mut self.naive, origin, rows).await?;
            }
            Operation::Read(question) => self.ask(&question).await?,
            Operation::Expire { hours } => {
                let now = self.era.plus(hours * 60).start_nanos();
                self.store().expire(now).await?;
            }
            Operation::Jump => {
                self.era = self.era.plus(JUMP + self.ttl / MINUTE_NANOS);
                self.naive.log.clear();
                self.store().expire(self.era.start_nanos()).await?;
            }
            Operation::Checkpoint { late, is_dropped } => self.save(late, is_dropped).await?,
            Operation::Crash => return self.crash().await,
        }
        Ok(self)
    }

    async fn save(&mut self, late: Vec<(u16, Append)>, is_dropped: bool) -> Result<()> {
        self.saves += 1;
        let saved = Saved { number: self.saves, last: self.last };
        let checkpoint = Checkpoint {
            position: Position(saved.number),
            cut: saved.cut(),
            state: saved.number.to_le_bytes().to_vec(),
            rules: 7,
            zone: self.zone.name().to_owned(),
        };
        let store = self.opened.store();
        let saving = store.checkpoints().save(checkpoint);
        for (shard, what) in late {
            let (origin, rows) = (next(&mut self.last, shard), what.rows(self.era));
            append(store, &mut self.naive, origin, rows).await?;
        }
        if is_dropped {
            polled(saving, saved.number % 3).await;
            self.dropped.push(saved);
        } else {
            saving.await?;
            self.saved = saved;
            self.dropped.clear();
        }
        Ok(())
    }

    async fn crash(mut self) -> Result<Self> {
        self.opened = self.opened.crash().await?;
        let checkpoint = self.store().checkpoints().load().await?;
        let number = checkpoint.map_or(0, |checkpoint| checkpoint.position.0);
        let found = self.dropped.drain(..).find(|dropped| dropped.number == number);
        self.saved = found.unwrap_or(self.saved);
        assert_eq!(number, self.saved.number, "the last checkpoint");
        let lost = self.naive.crash(&self.saved.cut());
        self.compare_rows().await?;
        for (origin, rows) in lost {
            rows.append_to(self.store(), origin).await?;
            self.naive.log.push((origin, rows));
        }
        Ok(self)
    }

    fn minutes(&self) -> (Minute, Minute) {
        (self.era.plus(-DAY), self.era.plus(4 * DAY))
    }

    /// The families that are under the cut.
    async fn compare_rows(&self) -> Result<()> {
        let (from, to) = self.minutes();
        for size in [Downsampling::Minute, Downsampling::Hour, Downsampling::Day] {
            let read = every(size, from, to);
            let answered = read_rows(self.store(), &read).await?;
            assert_eq!(answered, self.naive.metrics(&self.zone, &read), "{size:?}");
        }
        let read = calls(from, to);
        assert_eq!(read_calls(self.store(), &read).await?, self.naive.calls(&read));
        for stream in TopStream::ALL {
            let read = RecordRead { stream, ..slowest() };
            assert_eq!(self.store().records().top(&read).await?.0, self.naive.top(&read));
        }
        // What began before the era may be gone, and answers say so.
        let era = SegmentFilter { from: self.era.start_nanos(), ..any_segment() };
        self.compare_search(&era, 1_000).await?;
        for number in 0..7 {
            self.compare_trace(number, 1_000).await?;
        }
        Ok(())
    }

    async fn compare_all(&self) -> Result<()> {
        self.compare_rows().await?;
        for scope in 0..3 {
            let (keyword, service, since, limit) = (None, None, None, 100);
            self.ask(&Question::List { scope, keyword, service, since, limit }).await?;
        }
        for key in [None, Some(0), Some(1), Some(2)] {
            self.ask(&Question::Tags { key, from: 0, to: 2, limit: 100 }).await?;
        }
        self.ask(&Question::Aliases).await
    }

    async fn ask(&self, question: &Question) -> Result<()> {
        match question {
            Question::Trace { number, max } => self.compare_trace(*number, *max).await,
            Question::Search { search, limit } => {
                self.compare_search(&self.filter(search), *limit).await
            }
            Question::Metrics { size, range } => self.compare_metrics(*size, range).await,
            Question::Calls(range) => self.compare_calls(range).await,
            Question::Top { entity, times, descending, limit } => {
                let read = RecordRead {
                    entity: entity.map(|number| service_id(&name_of(number))),
                    from: self.era.plus(times.0).start_nanos(),
                    to: self.era.plus(times.1).start_nanos(),
                    descending: *descending,
                    limit: *limit,
                    ..slowest()
                };
                assert_eq!(self.store().records().top(&read).await?.0, self.naive.top(&read));
                Ok(())
            }
            Question::List { .. } => self.compare_list(question).await,
            Question::Tags { key, from, to, limit } => {
                let day = |number: &u8| self.era.plus(i64::from(*number) * DAY);
                let key = key.map(|key| format!("key-{key}"));
                let (from, to, limit) = (day(from), day(to), *limit);
                let read = TagRead { kind: TagKind::Trace, key, from, to, limit };
                assert_eq!(self.store().tags().list(&read).await?, self.naive.tags(&read));
                Ok(())
            }
            Question::Aliases => {
                let mut answered = self.store().entities().aliases().await?;
                let ordered = answered.is_sorted_by_key(|one| (one.address.clone(), one.since));
                assert!(ordered, "{answered:?}");
                let mut wanted = self.naive.aliases();
                // Rows of one address and minute come in any order.
                let key = |one: &skytrail_model::alias::Alias| format!("{one:?}");
                answered.sort_by_key(key);
                wanted.sort_by_key(key);
                assert_eq!(answered, wanted);
                Ok(())
            }
        }
    }

    async fn compare_trace(&self, number: u8, max: usize) -> Result<()> {
        let trace_id = format!("trace-{number}");
        let answer = Gather::whole(self.store().spans(), &trace_id, max).await?;
        let mut spans = BTreeSet::new();
        for segment in answer.parts.iter().flat_map(|part| read(&part.batch)) {
            assert_eq!(segment.trace_id, trace_id);
            for span in segment.spans {
                let name = format!("{:?} {} {}", span.number, span.id, span.start);
                let is_new = spans.insert((segment.segment_id.clone(), name));
                assert!(is_new, "a span twice in {trace_id}");
            }
        }
        let wanted = self.naive.trace(&trace_id, max);
        assert_eq!((spans, answer.truncated), wanted, "{trace_id}, at most {max}");
        Ok(())
    }

    fn filter(&self, search: &Search) -> SegmentFilter {
        let of = |number: u8| name_of(number);
        let instance = |n: u8| Entity::Instance(child(&of(n % 3), &format!("instance-{n}"))).id();
        let endpoint = |n: u8| Entity::Endpoint(child(&of(n % 3), &format!("/op-{n}"))).id();
        let tag = |(key, value): &(u8, Option<u8>)| TagFilter {
            key: KEYS[*key as usize].to_owned(),
            value: value.map(|value| VALUES[value as usize].to_owned()),
        };
        let (from, to) = search.times.unwrap_or((0, 4 * DAY));
        SegmentFilter {
            from: self.era.plus(from).start_nanos(),
            to: self.era.plus(to).start_nanos(),
            service: search.service.map(|number| service_id(&of(number))),
            instance: search.instance.map(instance),
            endpoint: search.endpoint.map(endpoint),
            trace_id: search.trace.map(|number| format!("trace-{number}")),
            span_id: search.span.map(|number| match number % 2 {
                0 => format!("segment-{}", number % 150),
                _ => format!("id-{}", number % 16),
            }),
            min_duration: search.durations.map(|(min, _)| min),
            max_duration: search.durations.map(|(_, max)| max),
            state: match search.failed {
                None => TraceState::All,
                Some(true) => TraceState::Error,
                Some(false) => TraceState::Success,
            },
            tags: search.tags.iter().map(tag).collect(),
            keyword: search.keyword.map(|number| KEYWORDS[number as usize].to_owned()),
            order: search.order,
        }
    }

    /// Pages around the size asked for, and around the size of the answer.
    async fn compare_search(&self, filter: &SegmentFilter, limit: usize) -> Result<()> {
        let wanted = self.naive.search(filter);
        let count = wanted.len();
        for limit in [limit, limit + 1, count.saturating_sub(1), count, count + 1] {
            let pages = pages(self.store(), filter, limit.max(1)).await?;
            assert_eq!(pages.len(), count.div_ceil(limit.max(1)).max(1), "{filter:?}");
            let found = pages.into_iter().flat_map(|page| page.segments);
            let found: Vec<Place> = found
                .map(|one| {
                    let by_start = filter.order == Order::Start;
                    let key = if by_start { one.start } else { one.duration };
                    (Reverse(key), one.segment.segment_id, one.segment.trace_id)
                })
                .collect();
            assert_eq!(found, wanted, "{filter:?}, pages of {limit}");
        }
        Ok(())
    }

    fn selection(&self, range: &Range) -> (EntitySelection, Visible) {
        let entities = range.entities.as_ref();
        let entities =
            entities.map_or(EntitySelection::All, |numbers| EntitySelection::these(ids(numbers)));
        let visible = range
            .visible
            .map_or(Visible::All, |last| Visible::UpTo(cut(&[(0, last[0]), (1, last[1])])));
        (entities, visible)
    }

    async fn compare_metrics(&self, size: Downsampling, range: &Range) -> Result<()> {
        let (entities, visible) = self.selection(range);
        let from = self.zone.bucket(size, self.era.plus(range.from));
        let to = self.zone.bucket(size, self.era.plus(range.from + range.len));
        let read = MetricRead { entities, visible, ..every(size, from, to) };
        let answered = read_rows(self.store(), &read).await?;
        assert_eq!(answered, self.naive.metrics(&self.zone, &read), "{read:?}");
        Ok(())
    }

    async fn compare_calls(&self, range: &Range) -> Result<()> {
        let (touching, visible) = self.selection(range);
        let from = self.era.plus(range.from);
        let read = RelationRead { touching, visible, ..calls(from, from.plus(range.len)) };
        assert_eq!(read_calls(self.store(), &read).await?, self.naive.calls(&read), "{read:?}");
        Ok(())
    }

    async fn compare_list(&self, question: &Question) -> Result<()> {
        let Question::List { scope, keyword, service, since, limit } = question else {
            return Ok(());
        };
        let keywords = ["SERVICE", "-1", "op"];
        let filters = [
            keyword.map(|n| EntityFilter::Keyword(keywords[n as usize].to_owned())),
            service.map(|n| EntityFilter::Service(service_id(&name_of(n)))),
            since.map(|minute| EntityFilter::SeenSince(self.era.plus(minute))),
        ];
        let query = EntityQuery {
            scope: [Scope::Service, Scope::ServiceInstance, Scope::Endpoint][*scope as usize],
            filters: filters.into_iter().flatten().collect(),
            limit: *limit,
        };
        let answered = self.store().entities().list(&query).await?;
        assert_eq!(answered, self.naive.list(&query), "{query:?}");
        let examined = self.store().entities().examined(&query);
        assert!(examined >= answered.0.len() as u64, "{query:?}");
        Ok(())
    }
}
