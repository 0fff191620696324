//! Bytes as a journal record: replayed or refused, and what is replayed makes
//! the same record again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use skytrail_ingest::symbols::SymbolLimits;
use skytrail_ingest::{Replayer, DECODER, record};

const SYMBOLS: SymbolLimits = SymbolLimits { entries: 1000, bytes: 1 << 20 };

fuzz_target!(|input: &[u8]| {
    let first = record(0, 7, input);
    assert_eq!(first.decoder, DECODER);
    let Ok(batch) = Replayer::new(SYMBOLS).replay(&first) else { return };
    let again = Replayer::new(SYMBOLS).replay(&record(0, 7, &batch.spans.bytes));
    let again = again.expect("what was replayed replays");
    assert_eq!(again.spans.bytes, batch.spans.bytes);
    assert_eq!(again.spans.spans, batch.spans.spans);
    assert_eq!(again.spans.attributes, batch.spans.attributes);
});
