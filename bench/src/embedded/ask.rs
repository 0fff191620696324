//! Questions to the store, each timed by the clock on the wall: what a server
//! adds to them is the same for every store.

use std::time::Instant;

use anyhow::{Result, ensure};
use skytrail_storage::rows::Gather;
use skytrail_storage::{SegmentFilter, Storage, TagFilter};

use super::feed::Sample;

/// More spans than any trace of the traffic has.
const MANY_SPANS: usize = 10_000;

/// Milliseconds of questions of one kind.
#[derive(Debug, Clone, Default)]
pub struct Times {
    sorted: Vec<f64>,
}

impl Times {
    /// Takes one more.
    pub fn push(&mut self, millis: f64) {
        let place = self.sorted.partition_point(|time| *time < millis);
        self.sorted.insert(place, millis);
    }

    /// The time that so many of 100 stay within; 0 of none.
    pub fn percentile(&self, of_100: usize) -> f64 {
        let last = self.sorted.len().saturating_sub(1);
        self.sorted.get(last * of_100 / 100).copied().unwrap_or(0.0)
    }

    /// `p50` and `p99` in words.
    pub fn describe(&self) -> String {
        format!("p50 {:.3} ms, p99 {:.3} ms", self.percentile(50), self.percentile(99))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }
}

/// Asks for one trace, which must be there; gives milliseconds.
pub async fn trace(store: &dyn Storage, id: &str) -> Result<f64> {
    let begin = Instant::now();
    let answer = Gather::whole(store.spans(), id, MANY_SPANS).await?;
    let time = begin.elapsed();
    let spans: usize = answer.parts.iter().map(|part| part.batch.spans.len()).sum();
    ensure!(spans >= 5 && !answer.truncated, "{spans} spans of trace {id}");
    Ok(time.as_secs_f64() * 1e3)
}

/// Asks for some traces, one after the other.
pub async fn traces<'a>(
    store: &dyn Storage,
    samples: impl IntoIterator<Item = &'a Sample>,
) -> Result<Times> {
    let mut times = Times::default();
    for sample in samples {
        times.push(trace(store, &sample.trace).await?);
    }
    Ok(times)
}

/// Any time, newest first.
pub fn newest() -> SegmentFilter {
    SegmentFilter { from: i64::MIN, to: i64::MAX, ..SegmentFilter::default() }
}

/// Segments with a value of a tag on one of their spans.
pub fn with_tag(key: &str, value: &str) -> SegmentFilter {
    let tag = TagFilter { key: key.to_owned(), value: Some(value.to_owned()) };
    SegmentFilter { tags: vec![tag], ..newest() }
}

/// What a page took, and what was in it.
#[derive(Debug, Clone, Copy)]
pub struct Page {
    /// Milliseconds.
    pub millis: f64,
    /// Segments found.
    pub found: usize,
    /// Segments looked at.
    pub examined: u64,
}

/// Asks for the first page.
pub async fn page(store: &dyn Storage, filter: &SegmentFilter, limit: usize) -> Result<Page> {
    let begin = Instant::now();
    let page = store.spans().search(filter, None, limit).await?;
    let millis = begin.elapsed().as_secs_f64() * 1e3;
    ensure!(page.complete, "a page is not complete");
    Ok(Page { millis, found: page.segments.len(), examined: page.examined })
}

#[cfg(test)]
mod tests {
    use super::Times;

    #[test]
    fn percentiles_are_times_that_were_taken() {
        let mut times = Times::default();
        assert_eq!(times.percentile(50), 0.0);
        (1..=100).rev().for_each(|time| times.push(f64::from(time)));
        assert_eq!((times.percentile(50), times.percentile(99)), (50.0, 99.0));
        assert_eq!(times.len(), 100);
    }
}
