//! Replay gives what the receiver made, whatever it was sent.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::FutureExt;
use proptest::collection::vec;
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof, proptest};
use prost::Message as _;
use skytrail_base::account::Account;
use skytrail_base::journal::Record;
use skytrail_base::metrics::Registry;
use skytrail_model::batch::Batch;
use skytrail_proto::v3;

use super::{Replayer, of_batch};
use crate::decode::{Decoder, LeftOut, Limits};
use crate::duplicates::{DuplicateLimits, Window};
use crate::frame::{self, Kind};
use crate::inbox::{Inbox, Message};
use crate::metrics::Metrics;
use crate::otlp::tests::resource_spans;
use crate::promise::Promise;
use crate::skywalking::report::{self, ReportLimits};
use crate::skywalking::segment::tests::wire_messages::segment;
use crate::symbols::SymbolLimits;

const SYMBOLS: SymbolLimits = SymbolLimits { entries: 60, bytes: 1 << 20 };

/// Tight, so that much is refused, cut and left out.
const TIGHT: Limits = Limits {
    spans: 3,
    rows: 12,
    attributes: 3,
    key_bytes: 5,
    value_bytes: 10,
    name_bytes: 12,
    ..Limits::NONE
};

#[derive(Debug, Clone)]
enum Step {
    Segment(Vec<u8>),
    ResourceSpans(Vec<u8>),
    KeepAlive(String),
    Take,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => segment().prop_map(|segment| Step::Segment(segment.encode_to_vec())),
        1 => vec(any::<u8>(), 0..20).prop_map(Step::Segment),
        4 => resource_spans().prop_map(|spans| Step::ResourceSpans(spans.encode_to_vec())),
        1 => vec(any::<u8>(), 0..20).prop_map(Step::ResourceSpans),
        1 => "[a-z]{0,5}".prop_map(Step::KeepAlive),
        1 => Just(Step::Take),
    ]
}

fn inbox() -> Inbox {
    let account = Account::new();
    let metrics = Metrics::new(&Registry::default(), account.clone());
    let decoder = Decoder::new(5, TIGHT, SYMBOLS);
    let known = Window::new(DuplicateLimits::default());
    Inbox::new(decoder, known, 1 << 20, Duration::ZERO, account, metrics)
}

fn run(inbox: &Inbox, steps: Vec<Step>) -> Vec<Batch> {
    let mut promise = Promise::default();
    let mut batches = Vec::new();
    let mut take = || batches.extend(inbox.take(0).map(|taken| taken.batch));
    for step in steps {
        match step {
            Step::Segment(bytes) => {
                let mut message = Message::Segment { bytes: &bytes, spans: 0 };
                // A full batch is one whose table of names is full; it is taken, as a pump would.
                if inbox.append(&mut message, &mut promise).now_or_never().is_none() {
                    take();
                }
            }
            Step::ResourceSpans(bytes) => {
                let left_out = LeftOut::default();
                let mut message = Message::ResourceSpans { bytes: &bytes, spans: 0, left_out };
                if inbox.append(&mut message, &mut promise).now_or_never().is_none() {
                    take();
                }
            }
            Step::KeepAlive(service) => {
                let bytes = v3::InstancePingPkg { service, ..Default::default() }.encode_to_vec();
                let report = report::keep_alive(&bytes, &ReportLimits::NONE).unwrap();
                let mut message = Message::KeepAlive { bytes: &bytes, report };
                let _ = inbox.append(&mut message, &mut promise).now_or_never();
            }
            Step::Take => take(),
        }
    }
    take();
    batches
}

/// Equal in everything but the numbers of symbols, which only have to stand
/// for the same names.
fn assert_equal(a: &Batch, b: &Batch, names: &mut BTreeMap<(u32, u32), String>) {
    assert_eq!((a.shard, a.arrival, &a.instances), (b.shard, b.arrival, &b.instances));
    let (x, y) = (&a.spans, &b.spans);
    assert!(x.bytes == y.bytes && x.spans == y.spans && x.segments == y.segments);
    assert!(x.attributes == y.attributes && x.links == y.links && x.events == y.events);
    assert_eq!(x.names.len(), y.names.len());
    for (mine, theirs) in x.names.iter().zip(&y.names) {
        assert_eq!(mine.text, theirs.text);
        let text = x.text(mine.text);
        let known = names.entry((x.space.epoch, mine.symbol.0)).or_insert_with(|| text.to_owned());
        assert_eq!(known, text, "a symbol stands for two names");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_record_replays_to_the_batch_it_was_made_from(steps in vec(step(), 1..24)) {
        let tokio = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let _inside = tokio.enter();
        let batches = run(&inbox(), steps);
        let mut tables = Replayer::new(SYMBOLS);
        let mut names = BTreeMap::new();
        for batch in &batches {
            let again = tables.replay(&of_batch(batch)).unwrap();
            assert_equal(&again, batch, &mut names);
        }
        // From anywhere in the journal, with tables that saw nothing before.
        if let Some(last) = batches.last() {
            let again = Replayer::new(SYMBOLS).replay(&of_batch(last)).unwrap();
            assert_equal(&again, last, &mut BTreeMap::new());
        }
    }
}

#[test]
fn damaged_records_and_those_of_later_versions_are_refused() {
    let batches = run(&inbox(), vec![Step::KeepAlive("s".into())]);
    let record = of_batch(&batches[0]);
    let payload = |bytes: &[u8]| Record { payload: bytes.to_vec().into(), ..record.clone() };
    let mut two_limits = record.payload.to_vec();
    frame::push(&mut two_limits, Kind::Limits, &[]);
    let mut torn = record.payload.to_vec();
    frame::push(&mut torn, Kind::Segment, &[0xff]);
    for (record, why) in [
        (Record { decoder: 3, ..record.clone() }, "decoder 3 is not known"),
        (payload(&[]), "does not begin with limits"),
        (payload(&record.payload[..56]), "a length reaches beyond"),
        (payload(&two_limits), "limits stand within"),
        (payload(&torn), "an integer is cut off"),
    ] {
        let error = Replayer::new(SYMBOLS).replay(&record).unwrap_err();
        assert!(error.message.contains(why), "{error}");
    }
}
