//! What holds of every batch, whatever message was read into it.

use skytrail_ingest::decode::{Decoded, Decoder, Limits, Refusal};
use skytrail_ingest::symbols::SymbolLimits;
use skytrail_model::batch::SpanBatch;
use skytrail_model::span::Value;

/// A reader of one kind of message.
pub(crate) type Read = fn(&mut Decoder, &[u8], &mut SpanBatch) -> Result<Decoded, Refusal>;

const SYMBOLS: SymbolLimits = SymbolLimits { entries: 1000, bytes: 1 << 20 };

/// As strict as a small server would be.
pub(crate) const STRICT: Limits = Limits {
    message_bytes: 1 << 16,
    spans: 20,
    rows: 60,
    id_bytes: 64,
    attributes: 4,
    events: 3,
    links: 2,
    key_bytes: 8,
    value_bytes: 16,
    long_value_bytes: 32,
    name_bytes: 16,
};

/// Reads a message twice with one decoder; whether it was taken.
pub(crate) fn decode(limits: Limits, input: &[u8], read: Read) -> bool {
    let mut decoder = Decoder::new(0, limits, SYMBOLS);
    let mut batch = SpanBatch::default();
    decoder.begin(&mut batch);
    let before = (batch.bytes.len(), batch.names.len());
    let is_taken = read(&mut decoder, input, &mut batch).is_ok();
    if !is_taken {
        assert_eq!((batch.bytes.len(), batch.names.len()), before);
        assert!(batch.is_empty() && batch.spans.is_empty() && batch.attributes.is_empty());
    }
    // What one message put in must not trip the next.
    let again = read(&mut decoder, input, &mut batch).is_ok();
    assert_eq!(is_taken, again);
    check(&batch);
    is_taken
}

fn check(batch: &SpanBatch) {
    for name in &batch.names {
        assert_eq!(batch.text(name.text).len(), name.text.len as usize);
    }
    for (row, segment) in batch.segments.iter().enumerate() {
        assert_eq!(batch.spans_of(segment).len(), segment.spans.len as usize);
        for span in batch.spans_of(segment) {
            assert_eq!(span.segment as usize, row);
            assert!(span.duration >= 0);
            assert_eq!(batch.attributes_of(span.attributes).len(), span.attributes.len as usize);
            assert_eq!(batch.links_of(span).len(), span.links.len as usize);
            assert_eq!(batch.events_of(span).len(), span.events.len as usize);
        }
    }
    for row in &batch.attributes {
        assert!((row.key.0 as usize) < batch.names.len());
        if let Value::Text(text) = row.value {
            assert_eq!(batch.text(text).len(), text.len as usize);
        }
    }
}
