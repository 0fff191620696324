//! The books under load: whatever happens to a message, it is counted once.

use bytes::Bytes;
use prost::Message;
use skytrail_base::account::Signal;
use skytrail_base::outcome::Outcome;
use skytrail_base::quantity::Bytes as Size;
use skytrail_ingest::Config;
use skytrail_proto::raw::v3::trace_segment_report_service_client::TraceSegmentReportServiceClient as RawClient;

use crate::harness::{World, connect, segment};

const CLIENTS: u64 = 8;
const CALLS: u64 = 20;
const MESSAGES: u64 = 30;

fn message(client: u64, call: u64, number: u64) -> Bytes {
    let service = format!("service {}", (client + number) % 11);
    let operations = ["/a", "/b", "/c", "/d", "/e"];
    match (call + number) % 10 {
        0 => Bytes::from_static(b"\x1a\x00\x0a\x05oops"),
        1 => segment(&service, &operations).encode_to_vec().into(),
        n => segment(&service, &operations[..n as usize % 4 + 1]).encode_to_vec().into(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn received_is_stored_and_refused_and_dropped() {
    let mut config = Config::default();
    config.segment.max_spans = 4;
    config.batch.max_size = Size(16 << 10);
    let decide = |number: usize| {
        if number % 5 == 4 { Outcome::Dropped("disk_full") } else { Outcome::Durable }
    };
    let world = World::start(&config, 3, decide);
    let address = world.listen().await;
    let clients = (0..CLIENTS).map(|client| {
        tokio::spawn(async move {
            let mut raw = RawClient::new(connect(address).await);
            let mut failed = 0;
            for call in 0..CALLS {
                let stream = (0..MESSAGES).map(move |number| message(client, call, number));
                failed += u64::from(raw.collect(tokio_stream::iter(stream)).await.is_err());
            }
            failed
        })
    });
    let mut failed = 0;
    for client in clients.collect::<Vec<_>>() {
        failed += client.await.unwrap();
    }
    world.trigger.stop();
    world.running.await.unwrap();
    world.consumers.join_all().await;
    let totals = world.account.totals(Signal::Segment);
    let closed = |of: fn(&skytrail_base::account::Totals) -> u64| of(&totals);
    assert_eq!(closed(|t| t.in_flight.messages + t.in_flight.spans), 0);
    assert_eq!(
        totals.received.messages,
        totals.stored.messages + totals.refused.messages + totals.dropped.messages
    );
    assert_eq!(
        totals.received.spans,
        totals.stored.spans + totals.refused.spans + totals.dropped.spans
    );
    assert!(failed > 0 && totals.dropped.messages > 0 && totals.refused.messages > 0);
    // A call that failed may have left some of its messages unread, no other did.
    let sent = CLIENTS * CALLS * MESSAGES;
    assert!(totals.received.messages <= sent);
    assert!(totals.received.messages >= sent - failed * MESSAGES);
    let (mut messages, mut spans) = (0, 0);
    for batch in world.batches.lock().iter() {
        messages += batch.spans.segments.len() as u64;
        spans += batch.spans.spans.len() as u64;
    }
    assert_eq!(messages, totals.stored.messages + totals.dropped.messages);
    assert_eq!(spans, totals.stored.spans + totals.dropped.spans);
}
