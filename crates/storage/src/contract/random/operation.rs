//! What may happen to a store, in small numbers that shrink well.

use proptest::prelude::*;
use skytrail_model::time::Downsampling;

use crate::spi::Order;

/// One step of a history.
#[derive(Debug, Clone)]
pub(super) enum Operation {
    Append {
        shard: u16,
        what: Append,
    },
    Read(Question),
    /// Expiry so many hours after the start of the era: nothing is old enough.
    Expire {
        hours: i64,
    },
    /// Twenty days pass: everything is too old.
    Jump,
    /// A checkpoint, and what shards append before its future is waited for, or
    /// dropped instead.
    Checkpoint {
        late: Vec<(u16, Append)>,
        is_dropped: bool,
    },
    Crash,
}

/// A minute, and entities with the values that were measured.
pub(super) type Block = (i64, Vec<(u8, Vec<i64>)>);

/// Rows to append. Times are minutes of the era; the rest are numbers that
/// name things.
#[derive(Debug, Clone)]
pub(super) enum Append {
    Spans(Vec<u8>),
    Blocks(Vec<Block>),
    Calls(Vec<(i64, u8, u8)>),
    Records(Vec<u8>),
    Entities(Vec<(u8, i64, i64)>),
    Aliases(Vec<(u8, i64, i64)>),
    Tags(Vec<(u8, u8, u8)>),
}

/// Conditions of a search; none is not asked for.
#[derive(Debug, Clone)]
pub(super) struct Search {
    pub(super) times: Option<(i64, i64)>,
    pub(super) service: Option<u8>,
    pub(super) instance: Option<u8>,
    pub(super) endpoint: Option<u8>,
    pub(super) trace: Option<u8>,
    pub(super) span: Option<u8>,
    pub(super) durations: Option<(i64, i64)>,
    pub(super) failed: Option<bool>,
    pub(super) tags: Vec<(u8, Option<u8>)>,
    pub(super) keyword: Option<u8>,
    pub(super) order: Order,
}

/// Rows of which minutes and entities, up to which appends of each shard.
#[derive(Debug, Clone)]
pub(super) struct Range {
    pub(super) from: i64,
    pub(super) len: i64,
    pub(super) entities: Option<Vec<u8>>,
    pub(super) visible: Option<[u64; 2]>,
}

/// A question to the store.
#[derive(Debug, Clone)]
pub(super) enum Question {
    Trace { number: u8, max: usize },
    Search { search: Box<Search>, limit: usize },
    Metrics { size: Downsampling, range: Range },
    Calls(Range),
    Top { entity: Option<u8>, times: (i64, i64), descending: bool, limit: usize },
    List { scope: u8, keyword: Option<u8>, service: Option<u8>, since: Option<i64>, limit: usize },
    Tags { key: Option<u8>, from: u8, to: u8, limit: usize },
    Aliases,
}

/// Three days, so that hours and days have borders inside.
const MINUTES: i64 = 3 * 1440;

fn append() -> impl Strategy<Value = Append> {
    let minute = || 0..MINUTES;
    let rows = prop::collection::vec((0..6_u8, prop::collection::vec(-9..5_000_i64, 1..4)), 0..5);
    prop_oneof![
        4 => prop::collection::vec(any::<u8>(), 0..6).prop_map(Append::Spans),
        4 => prop::collection::vec((minute(), rows), 0..4).prop_map(Append::Blocks),
        2 => prop::collection::vec((minute(), 0..4_u8, 0..4_u8), 0..5).prop_map(Append::Calls),
        2 => prop::collection::vec(any::<u8>(), 0..5).prop_map(Append::Records),
        2 => prop::collection::vec((0..12_u8, minute(), minute()), 0..5).prop_map(Append::Entities),
        1 => prop::collection::vec((0..8_u8, minute(), minute()), 0..4).prop_map(Append::Aliases),
        1 => prop::collection::vec((0..3_u8, 0..5_u8, 0..3_u8), 0..5).prop_map(Append::Tags),
    ]
}

fn sorted(pair: (i64, i64)) -> (i64, i64) {
    (pair.0.min(pair.1), pair.0.max(pair.1))
}

/// None more often than not, so that a few conditions meet.
fn maybe<T: std::fmt::Debug>(
    strategy: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<T>> {
    prop::option::weighted(0.2, strategy)
}

fn search() -> impl Strategy<Value = Box<Search>> {
    let who = (maybe(0..3_u8), maybe(0..4_u8), maybe(0..4_u8), maybe(0..7_u8), maybe(any::<u8>()));
    let times = maybe((0..MINUTES, 0..MINUTES).prop_map(sorted));
    let durations = maybe((0..9_i64, 0..9_i64).prop_map(sorted));
    let tags = prop::collection::vec((0..4_u8, prop::option::of(0..3_u8)), 0..2);
    let order = prop_oneof![Just(Order::Start), Just(Order::Duration)];
    (who, times, durations, maybe(any::<bool>()), tags, maybe(0..5_u8), order).prop_map(
        |(
            (service, instance, endpoint, trace, span),
            times,
            durations,
            failed,
            tags,
            keyword,
            order,
        )| {
            Box::new(Search {
                times,
                service,
                instance,
                endpoint,
                trace,
                span,
                durations,
                failed,
                tags,
                keyword,
                order,
            })
        },
    )
}

fn range() -> impl Strategy<Value = Range> {
    let entities = prop::option::of(prop::collection::vec(0..6_u8, 0..4));
    let visible = prop::option::of([0..20_u64, 0..20_u64]);
    (0..MINUTES, -1..MINUTES, entities, visible).prop_map(|(from, len, entities, visible)| Range {
        from,
        len,
        entities,
        visible,
    })
}

fn question() -> impl Strategy<Value = Question> {
    let size =
        prop_oneof![Just(Downsampling::Minute), Just(Downsampling::Hour), Just(Downsampling::Day)];
    let times = (0..MINUTES, 0..MINUTES).prop_map(sorted);
    let list = (0..3_u8, maybe(0..3_u8), maybe(0..3_u8), maybe(0..MINUTES), 0..8_usize);
    prop_oneof![
        2 => (0..8_u8, 0..20_usize).prop_map(|(number, max)| Question::Trace { number, max }),
        4 => (search(), 1..9_usize).prop_map(|(search, limit)| Question::Search { search, limit }),
        3 => (size, range()).prop_map(|(size, range)| Question::Metrics { size, range }),
        2 => range().prop_map(Question::Calls),
        2 => (maybe(0..3_u8), times, any::<bool>(), 0..9_usize).prop_map(
            |(entity, times, descending, limit)| Question::Top { entity, times, descending, limit }
        ),
        2 => list.prop_map(|(scope, keyword, service, since, limit)| {
            Question::List { scope, keyword, service, since, limit }
        }),
        1 => (prop::option::of(0..3_u8), 0..3_u8, 0..3_u8, 0..6_usize)
            .prop_map(|(key, from, to, limit)| Question::Tags { key, from, to, limit }),
        1 => Just(Question::Aliases),
    ]
}

fn checkpoint() -> impl Strategy<Value = Operation> {
    let late = prop::collection::vec((0..2_u16, append()), 0..4);
    let is_dropped = prop::bool::weighted(0.25);
    (late, is_dropped).prop_map(|(late, is_dropped)| Operation::Checkpoint { late, is_dropped })
}

/// Any step.
pub(super) fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        12 => (0..2_u16, append()).prop_map(|(shard, what)| Operation::Append { shard, what }),
        10 => question().prop_map(Operation::Read),
        1 => prop_oneof![-100_000..0_i64, 0..72_i64].prop_map(|hours| Operation::Expire { hours }),
        1 => Just(Operation::Jump),
        2 => checkpoint(),
        2 => Just(Operation::Crash),
    ]
}
