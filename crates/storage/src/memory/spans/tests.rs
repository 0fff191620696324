//! Limits and memory of the span family.

use std::sync::Arc;

use skytrail_model::batch::Spare;

use super::MemorySpans;
use crate::contract::build::{SegmentSpec, append, entry, exit, link, local, read, segment};
use crate::rows::GENERATION_ENTRIES;
use crate::rows::Gather;
use crate::spi::{Origin, SegmentFilter, SpanAppend, Spans, TagFilter};

const KIB: usize = 1 << 10;

fn origin(sequence: u64) -> Origin {
    Origin { shard: (sequence % 2) as u16, sequence }
}

/// What an agent of a small service sends: three spans with their usual tags.
fn usual(n: i64) -> SegmentSpec {
    let trace = format!("{n:032x}.41.16999999999990001");
    let reference = link(&trace, "b7ad6b7169203331", 2).parent("gateway", "gateway-1", "/");
    segment(trace, format!("{n:032x}")).of("shop", "shop-1").with([
        entry("GET:/orders/{id}")
            .at(n * 1_000)
            .lasting(9_000_000)
            .linked(reference)
            .tag("http.method", "GET")
            .tag("url", "http://shop:8080/orders/4711")
            .tag("http.status_code", "200"),
        local("OrderService.load").at(n * 1_000 + 10),
        exit("Mysql/JDBC/PreparedStatement/executeQuery")
            .at(n * 1_000 + 20)
            .peer("mysql:3306")
            .tag("db.type", "sql")
            .tag("db.statement", "select * from orders where id = ?"),
    ])
}

async fn newest(spans: &MemorySpans, limit: usize) -> Vec<String> {
    let filter = SegmentFilter { from: i64::MIN, to: i64::MAX, ..SegmentFilter::default() };
    let page = spans.search(&filter, None, limit).await.unwrap();
    page.segments.into_iter().map(|one| one.segment.segment_id).collect()
}

#[tokio::test]
async fn the_oldest_give_way_and_are_counted() {
    let spans = MemorySpans::new(512 * KIB);
    for batch in 0..100 {
        let segments = (0..20).map(|n| usual(batch * 20 + n));
        spans.append(origin(batch as u64), append(segments)).await.unwrap();
        assert!(spans.usage().bytes <= 512 * KIB as u64, "{:?}", spans.usage());
    }
    let usage = spans.usage();
    assert_eq!(usage.rows + usage.evicted, 100 * 20 * 3);
    assert!(usage.rows > 300, "{usage:?}");
    let held = newest(&spans, 10_000).await;
    assert_eq!(held.len() as u64, usage.rows / 3);
    assert_eq!(held.first(), Some(&format!("{:032x}", 1_999)));
    let oldest = (2_000 - held.len() as i64) * 1_000;
    for (from, complete) in [(i64::MIN, false), (oldest - 1_000, false), (oldest, true)] {
        let filter = SegmentFilter { from, to: i64::MAX, ..SegmentFilter::default() };
        let page = spans.search(&filter, None, 10_000).await.unwrap();
        assert_eq!(page.complete, complete, "from {from}, held from {oldest}");
    }
    let everything = SegmentFilter { from: i64::MIN, to: i64::MAX, ..SegmentFilter::default() };
    let first = spans.search(&everything, None, 5).await.unwrap();
    assert!(first.complete, "what comes before the cursor is all there");
    let gone =
        Gather::whole(&spans, &format!("{:032x}.41.16999999999990001", 0), 10).await.unwrap();
    assert!(gone.parts.is_empty() && !gone.truncated);
}

#[tokio::test]
async fn buffers_of_what_was_evicted_go_back_unless_somebody_reads_it() {
    let spans = MemorySpans::new(64 * KIB);
    let spare = Spare::new();
    let from_spare = |n: i64| {
        let mut spans = append((0..100).map(|at| usual(n * 100 + at)));
        let batch = Arc::get_mut(&mut spans.batch).unwrap();
        batch.spare = spare.clone();
        let mut bytes = Vec::with_capacity(batch.bytes.len() * 9 / 8);
        bytes.extend_from_slice(&batch.bytes);
        batch.bytes = bytes;
        (spans.batch.bytes.as_ptr(), spans.batch.size(), spans)
    };
    let (gone, size, first) = from_spare(0);
    let (read, _, second) = from_spare(1);
    let (_, _, last) = from_spare(2);
    let reader = Arc::clone(&second.batch);
    for (number, batch) in [first, second, last].into_iter().enumerate() {
        spans.append(origin(number as u64), batch).await.unwrap();
    }
    assert_eq!(spans.usage().evicted, 200 * 3);
    assert_eq!(spare.batch(size).bytes.as_ptr(), gone);
    assert_ne!(spare.batch(size).bytes.as_ptr(), read);
    assert_eq!(reader.segments.len(), 100, "what is read stays whole");
}

#[tokio::test]
async fn a_batch_above_the_limit_stays_alone() {
    let spans = MemorySpans::new(KIB);
    spans.append(origin(1), append([usual(1)])).await.unwrap();
    spans.append(origin(2), append((2..40).map(usual))).await.unwrap();
    assert_eq!(newest(&spans, 100).await.len(), 38);
    assert_eq!(spans.usage().evicted, 3);
}

#[tokio::test]
async fn the_books_cover_what_is_held_and_close_at_nothing() {
    let spans = MemorySpans::new(64 << 20);
    let written = append((0..500).map(usual));
    let payload = written.batch.bytes.len()
        + written.batch.spans.len() * size_of::<skytrail_model::span::Span>()
        + size_of_val(written.entries.as_slice());
    spans.append(origin(1), written).await.unwrap();
    for n in 500..900 {
        spans.append(origin(n), append([usual(n as i64)])).await.unwrap();
    }
    assert!(spans.usage().bytes as usize > payload, "{payload} in {:?}", spans.usage());
    spans.expire(i64::MAX);
    let usage = spans.usage();
    assert_eq!((usage.rows, usage.bytes, usage.expired), (0, 0, 900 * 3));
    assert!(spans.table.read().is_empty() && spans.table.read().indexed() == 0);
}

#[tokio::test]
async fn single_segments_cost_little_more_than_a_batch() {
    let [together, apart] = [0, 1].map(|_| MemorySpans::new(64 << 20));
    together.append(origin(1), append((0..2_000).map(usual))).await.unwrap();
    for n in 0..2_000 {
        apart.append(origin(n), append([usual(n as i64)])).await.unwrap();
    }
    let (together, apart) = (together.usage().bytes, apart.usage().bytes);
    // What remains is the text of names, which every message brings along.
    assert!(apart * 4 < together * 5, "{apart} bytes apart, {together} together");
}

#[tokio::test]
async fn joined_batches_answer_what_was_sent() {
    let spans = MemorySpans::new(64 << 20);
    for n in 0..300 {
        spans.append(origin(n), append([usual(n as i64)])).await.unwrap();
    }
    assert!(spans.table.read().len() < 20, "{} batches", spans.table.read().len());
    for n in 0..300 {
        let answer = Gather::whole(&spans, &usual(n).trace_id, 100).await.unwrap();
        let segments: Vec<_> = answer.parts.iter().flat_map(|part| read(&part.batch)).collect();
        assert_eq!(segments, [usual(n)]);
    }
    assert_eq!(newest(&spans, 1_000).await.len(), 300);
}

#[tokio::test]
async fn what_nobody_keeps_costs_nothing() {
    let spans = MemorySpans::new(64 << 20);
    let all = append((0..1_000).map(usual));
    let entries: Vec<_> = all.entries.iter().skip(500).step_by(100).copied().collect();
    let whole = all.batch.memory();
    let sampled = SpanAppend { entries, batch: Arc::clone(&all.batch) };
    spans.append(origin(1), sampled).await.unwrap();
    assert!((spans.usage().bytes as usize) < whole / 50, "{whole}, {:?}", spans.usage());
    let answer = Gather::whole(&spans, &usual(700).trace_id, 100).await.unwrap();
    assert_eq!(
        answer.parts.iter().flat_map(|part| read(&part.batch)).collect::<Vec<_>>(),
        [usual(700)]
    );
}

/// A segment of the one trace that everything belongs to.
fn hot(n: i64) -> SegmentSpec {
    let spans = [entry("/").at(n * 1_000).tag("url", "http://shop:8080/orders/4711")];
    segment("hot", format!("{n:08}")).with(spans)
}

async fn of_hot_trace(spans: &MemorySpans) -> Vec<String> {
    let answer = Gather::whole(spans, "hot", usize::MAX).await.unwrap();
    let found = answer.parts.iter().flat_map(|part| read(&part.batch));
    found.map(|segment| segment.segment_id).collect()
}

#[tokio::test]
async fn a_trace_of_everything_is_indexed_once_and_forgotten_whole() {
    let spans = MemorySpans::new(4 << 20);
    let (mut first, mut largest) = (0, 0);
    for (number, size) in [1_i64, 700, 3, 40, 2_000, 1, 1, 90].iter().cycle().take(160).enumerate()
    {
        let batch = append((first..first + size).map(hot));
        spans.append(origin(number as u64), batch).await.unwrap();
        (first, largest) = (first + size, largest.max(*size as usize));
        let table = spans.table.read();
        // Each segment has a span; what is indexed beyond those held is of one generation.
        let most = table.spans() as usize + GENERATION_ENTRIES + largest;
        assert!(table.indexed() <= most, "{} of {} segments", table.indexed(), table.spans());
        assert!(table.open() <= 16, "{} batches are searched one by one", table.open());
    }
    let usage = spans.usage();
    assert!(usage.evicted > usage.rows, "{usage:?}");
    let held: Vec<_> = (first - usage.rows as i64..first).map(|n| format!("{n:08}")).collect();
    assert_eq!(of_hot_trace(&spans).await, held);
    spans.expire(i64::MAX);
    assert!(spans.table.read().is_empty() && spans.table.read().indexed() == 0);
}

#[tokio::test]
async fn what_is_young_in_a_batch_is_found_when_the_rest_has_gone() {
    // Batches of every size, each with old and young segments.
    let spans = MemorySpans::new(64 << 20);
    for (number, size) in [1_500_i64, 2, 60, 1, 400, 7, 2, 1].into_iter().enumerate() {
        let number = number as i64;
        let segments = (0..size).map(|n| hot(n % 10 * 100_000 + number * 10_000 + n));
        spans.append(origin(number as u64), append(segments)).await.unwrap();
    }
    let all = of_hot_trace(&spans).await;
    for tenth in 0..=10 {
        let before = format!("{:08}", tenth * 100_000);
        spans.expire(tenth * 100_000 * 1_000);
        let young: Vec<_> = all.iter().filter(|id| **id >= before).cloned().collect();
        assert_eq!(of_hot_trace(&spans).await, young, "{before}");
        let by_id = SegmentFilter {
            from: i64::MIN,
            to: i64::MAX,
            trace_id: Some("hot".to_owned()),
            ..SegmentFilter::default()
        };
        let page = spans.search(&by_id, None, 10_000).await.unwrap();
        assert_eq!(page.segments.len(), young.len());
    }
    assert!(spans.table.read().is_empty() && spans.table.read().indexed() == 0);
}

#[tokio::test]
async fn batches_without_what_is_asked_for_are_not_searched() {
    let spans = MemorySpans::new(64 << 20);
    for batch in 0..10 {
        let segments = (0..500).map(|n| if batch == 4 { usual(n) } else { hot(batch * 500 + n) });
        spans.append(origin(batch as u64), append(segments)).await.unwrap();
    }
    let tag = |key: &str| vec![TagFilter { key: key.to_owned(), value: None }];
    let any = || SegmentFilter { from: i64::MIN, to: i64::MAX, ..SegmentFilter::default() };
    let cases = [
        (SegmentFilter { tags: tag("db.type"), ..any() }, 500, 510),
        (SegmentFilter { tags: tag("nowhere"), ..any() }, 0, 10),
        (SegmentFilter { keyword: Some("ORDERSERVICE".to_owned()), ..any() }, 500, 510),
        (SegmentFilter { keyword: Some("from orders".to_owned()), ..any() }, 500, 510),
        (SegmentFilter { tags: tag("url"), ..any() }, 5_000, 5_000),
    ];
    for (filter, found, most) in cases {
        let page = spans.search(&filter, None, 10_000).await.unwrap();
        assert_eq!(page.segments.len(), found, "{filter:?}");
        assert!(page.examined <= most && page.examined >= found as u64, "{}", page.examined);
    }
}
