//! When blocks that are being filled end.

use skytrail_blocks::{Limits, PartWriter, Sealer, SpareRows};
use skytrail_storage::SpanAppend;
use skytrail_storage::contract::build::{append, entry, segment};

use super::{Filling, SpanMemtable};
use crate::store::memtable::Rows;

const MOST_BYTES: usize = 1 << 20;
const DAY: i64 = 86_400_000_000_000;

struct Store {
    most_bytes: usize,
    memtable: SpanMemtable,
    spare: SpareRows,
    writers: [PartWriter; 2],
    sealer: Sealer,
}

impl Store {
    fn new(most_bytes: usize) -> Self {
        let spare = SpareRows::new(most_bytes);
        let writer = || PartWriter::with_spare(Limits::default(), spare.clone());
        let writers = [writer(), writer()];
        let (memtable, sealer) = (SpanMemtable::default(), Sealer::default());
        Self { most_bytes, memtable, spare, writers, sealer }
    }

    /// Whether there is something to be encoded.
    fn append(&self, spans: SpanAppend) -> bool {
        let filling = Filling {
            day_of: &|time| time / DAY,
            open: &|day| self.writers[day as usize].open(),
            most_bytes: self.most_bytes,
            most_memory: 2 * self.most_bytes,
        };
        self.memtable.append(spans, &filling)
    }

    /// Encodes what is closed; gives the spans of each block.
    fn seal(&mut self) -> Vec<u64> {
        let mut spans = Vec::new();
        for rows in self.memtable.rows.closed() {
            let sealed = rows.blocks.iter().map(|(_, block)| self.sealer.seal(&block.read()));
            spans.extend(sealed.map(|sealed| sealed.summary().spans));
            self.memtable.rows.written(&rows, Vec::new());
        }
        spans
    }

    /// Days and spans of the blocks that are open.
    fn open(&self) -> Vec<(i64, usize)> {
        self.memtable.rows.look(|layers| {
            let blocks = layers.open.blocks.iter();
            blocks.map(|(day, block)| (*day, block.read().spans())).collect()
        })
    }
}

/// Segments of one span each, with a tag.
fn spans(
    times: impl IntoIterator<Item = i64>,
    key: &str,
    value: impl Fn(i64) -> String,
) -> SpanAppend {
    append(times.into_iter().map(|time| {
        let one = entry("op").at(time).tag(key, value(time).as_str());
        segment("trace", format!("segment-{time}")).with([one])
    }))
}

#[test]
fn a_block_after_a_large_one_is_filled_as_any_other() {
    let mut store = Store::new(MOST_BYTES);
    assert!(store.append(spans([1], "stack", |_| "x".repeat(3 * MOST_BYTES))));
    assert_eq!(store.seal(), [1]);
    let room = store.spare.memory();
    assert!((1..=MOST_BYTES).contains(&room), "{room}");
    for time in 2..5 {
        assert!(!store.append(spans([time], "stack", |_| "short".to_owned())), "{time}");
    }
    assert_eq!((store.open(), store.seal()), (vec![(0, 3)], vec![]));
    assert_eq!(store.spare.memory(), 0, "it is in use");
}

#[test]
fn what_a_block_adds_to_dictionaries_counts_until_it_is_encoded() {
    let mut store = Store::new(MOST_BYTES);
    let value = |time: i64| format!("{time:0>1000}");
    let mut times = (0..).map(|n| n * 100..(n + 1) * 100);
    let mut appends = 0;
    for times in times.by_ref() {
        let key = format!("key {}", times.start);
        appends += 1;
        let rows = store.memtable.row_bytes();
        assert!(rows <= 2 * MOST_BYTES, "{rows}");
        if store.append(spans(times, &key, value)) {
            break;
        }
    }
    // Tables grow by doubling: half of what they take may be empty.
    assert!((4..=11).contains(&appends), "{appends}");
    let held = store.memtable.row_bytes();
    assert!(held >= MOST_BYTES, "{held}");
    let dictionary = store.writers[0].memory();
    assert!(dictionary < MOST_BYTES / 2, "{dictionary} are counted twice");
    assert_eq!(store.seal(), [appends * 100]);
    assert_eq!(store.memtable.row_bytes(), 0);
    assert!(store.writers[0].memory() >= MOST_BYTES);
    // What is known counts no more.
    assert!(!store.append(spans(0..100, "key 0", value)));
    assert!(store.memtable.rows.look(|layers| layers.open.bytes()) < MOST_BYTES);
}

#[test]
fn days_have_blocks_of_their_own_which_end_together() {
    let mut store = Store::new(8 * MOST_BYTES);
    let times = [1, DAY, 2, DAY + 1, 3];
    assert!(!store.append(spans(times, "key", |_| "value".to_owned())));
    assert_eq!(store.open(), [(0, 3), (1, 2)]);
    // One batch of more than a block holds, of one day.
    assert!(!store.append(spans(0..16_000, "key", |_| "value".to_owned())));
    assert_eq!(store.open(), [(0, 16_003), (1, 2)]);
    assert!(store.append(spans([DAY + 3; 500], "key", |_| "value".to_owned())), "too many in all");
    assert_eq!(store.seal(), [16_003, 2]);
    assert_eq!(store.open(), [(1, 500)]);
}

#[test]
fn a_batch_of_more_spans_than_a_block_holds_fills_several_of_one_writer() {
    let mut store = Store::new(8 * MOST_BYTES);
    store.append(spans(0..40_000, "key", |time| (time % 9).to_string()));
    store.memtable.close();
    assert_eq!(store.seal(), [16_384, 16_384, 40_000 - 2 * 16_384]);
    let held = store.spare.memory();
    assert!((1..=8 * MOST_BYTES).contains(&held), "{held}");
}
