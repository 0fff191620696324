//! The books of the account as metrics.

use std::fmt;
use std::sync::Arc;

use skytrail_base::account::{Account, Signal};
use skytrail_base::metrics::Collector;
use skytrail_base::metrics::encoding::{DescriptorEncoder, EncodeMetric};
use skytrail_base::metrics::{Counter, Family, Gauge, Labels};

/// Gathers the books when it is asked.
#[derive(Debug)]
pub(super) struct Books {
    account: Arc<Account>,
}

impl Books {
    pub(super) fn new(account: Arc<Account>) -> Self {
        Self { account }
    }
}

/// One metric in messages and in spans.
#[derive(Default)]
struct Pair {
    messages: Family<Labels, Counter>,
    spans: Family<Labels, Counter>,
}

impl Pair {
    fn add(&self, labels: &Labels, messages: u64, spans: u64) {
        self.spans.get_or_create(labels).inc_by(spans);
        self.messages.get_or_create(labels).inc_by(messages);
    }
}

fn labels(signal: Signal, reason: Option<&str>) -> Labels {
    let mut labels = vec![("signal", signal.name().to_owned())];
    labels.extend(reason.map(|reason| ("reason", reason.to_owned())));
    labels
}

impl Collector for Books {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let [received, stored, refused, dropped] = [(); 4].map(|()| Pair::default());
        let in_flight = (Family::<Labels, Gauge>::default(), Family::<Labels, Gauge>::default());
        for signal in Signal::ALL {
            let totals = self.account.totals(signal);
            let plain = labels(signal, None);
            received.add(&plain, totals.received.messages, totals.received.spans);
            stored.add(&plain, totals.stored.messages, totals.stored.spans);
            in_flight.0.get_or_create(&plain).set(totals.in_flight.messages as i64);
            in_flight.1.get_or_create(&plain).set(totals.in_flight.spans as i64);
            for (reason, messages, spans) in self.account.refused(signal) {
                refused.add(&labels(signal, Some(reason)), messages, spans);
            }
            for (reason, messages, spans) in self.account.dropped(signal) {
                dropped.add(&labels(signal, Some(reason)), messages, spans);
            }
        }
        let mut put =
            |name: &str, help: &str, metric: &dyn Encode| metric.put(&mut encoder, name, help);
        put("skytrail_received_messages", "Messages that arrived", &received.messages)?;
        put("skytrail_received_spans", "Spans that arrived", &received.spans)?;
        put("skytrail_stored_messages", "Messages that were stored", &stored.messages)?;
        put("skytrail_stored_spans", "Spans that were stored", &stored.spans)?;
        put("skytrail_refused_messages", "Messages that are wrong", &refused.messages)?;
        put("skytrail_refused_spans", "Spans of messages that are wrong", &refused.spans)?;
        put("skytrail_dropped_messages", "Messages that were not taken", &dropped.messages)?;
        put("skytrail_dropped_spans", "Spans that were not taken", &dropped.spans)?;
        put("skytrail_in_flight_messages", "Messages not settled yet", &in_flight.0)?;
        put("skytrail_in_flight_spans", "Spans not settled yet", &in_flight.1)
    }
}

/// A metric behind a reference, whatever its type.
trait Encode {
    fn put(&self, encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str) -> fmt::Result;
}

impl<M: EncodeMetric> Encode for M {
    fn put(&self, encoder: &mut DescriptorEncoder<'_>, name: &str, help: &str) -> fmt::Result {
        let metric = encoder.encode_descriptor(name, help, None, self.metric_type())?;
        self.encode(metric)
    }
}

#[cfg(test)]
mod tests {
    use skytrail_base::account::{Account, Signal};
    use skytrail_base::metrics::Registry;

    use super::Books;

    #[test]
    fn the_books_are_published_by_signal_and_reason() {
        let account = Account::new();
        account.refuse(Signal::Segment, "malformed", 1, 3);
        account.drop_now(Signal::Log, "not_supported", 4, 0);
        let registry = Registry::default();
        registry.collect(Box::new(Books::new(account)));
        let text = registry.encode();
        for line in [
            "skytrail_received_messages_total{signal=\"segment\"} 1",
            "skytrail_refused_spans_total{signal=\"segment\",reason=\"malformed\"} 3",
            "skytrail_dropped_messages_total{signal=\"log\",reason=\"not_supported\"} 4",
            "skytrail_in_flight_messages{signal=\"log\"} 0",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }
}
