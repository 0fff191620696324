//! Limits of questions.

/// Limits of questions. Each bounds what one question holds in memory; the
/// [`crate::Budget`] bounds what it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Services, instances of a service, or relations of a topology.
    pub max_listed: usize,
    /// Endpoints that one search lists, whatever limit the client names.
    pub max_endpoints: usize,
    /// Entities that are ranked by one `top_n`, or merged in one time bucket.
    pub max_ranked_entities: usize,
    /// Spans of one trace, or of all whole traces of one `queryTraces`; segments
    /// beyond are left out, latest first.
    pub max_trace_spans: usize,
    /// Whole traces of one `queryTraces`.
    pub max_traces: usize,
    /// Segments that a page may lie behind: page number times page size.
    pub max_paged_segments: usize,
    /// Keys or values of one tag completion.
    pub max_tag_options: usize,
    /// Records of one list.
    pub max_records: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_listed: 10_000,
            max_endpoints: 1_000,
            max_ranked_entities: 200_000,
            max_trace_spans: 50_000,
            max_traces: 200,
            max_paged_segments: 10_000,
            max_tag_options: 100,
            max_records: 1_000,
        }
    }
}
