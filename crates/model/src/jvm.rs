//! Metrics that a Java virtual machine reports about itself.

/// One collection by one instance.
#[derive(Debug, Clone, PartialEq)]
pub struct JvmReport {
    /// Service name as it was sent.
    pub service: String,
    /// Instance name as it was sent.
    pub instance: String,
    /// Samples.
    pub samples: Vec<JvmSample>,
}

/// What was measured at one time. Bytes unless said otherwise.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JvmSample {
    /// Nanoseconds since the Unix epoch.
    pub time: i64,
    /// Processor use in per cent, as it was sent.
    pub cpu_percent: f64,
    /// Heap and non-heap.
    pub memory: Vec<MemorySample>,
    /// Pools.
    pub pools: Vec<PoolSample>,
    /// Garbage collections.
    pub collections: Vec<GcSample>,
    /// Threads.
    pub threads: ThreadSample,
    /// Classes.
    pub classes: ClassSample,
}

/// Heap or non-heap memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MemorySample {
    /// Heap, or everything else.
    pub is_heap: bool,
    /// Most that may be used; -1 when unlimited.
    pub max: i64,
    /// Used.
    pub used: i64,
}

/// A memory pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PoolSample {
    /// Number of the protocol's `PoolType`: 0 code cache, 1 new generation, 2 old
    /// generation, 3 survivor, 4 permanent generation, 5 metaspace, 6 Z heap,
    /// 7 compressed class space, 8-10 code heaps.
    pub pool: i32,
    /// Used.
    pub used: i64,
}

/// Garbage collections since the sample before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GcSample {
    /// Number of the protocol's `GCPhase`: 0 new, 1 old, 2 normal.
    pub phase: i32,
    /// How many.
    pub count: i64,
    /// How long in all, in milliseconds.
    pub time_ms: i64,
}

/// Thread counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ThreadSample {
    /// Live.
    pub live: i64,
    /// Daemon.
    pub daemon: i64,
    /// Peak.
    pub peak: i64,
    /// Runnable.
    pub runnable: i64,
    /// Blocked.
    pub blocked: i64,
    /// Waiting.
    pub waiting: i64,
    /// Waiting with a time limit.
    pub timed_waiting: i64,
}

/// Class counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClassSample {
    /// Loaded now.
    pub loaded: i64,
    /// Unloaded since the start.
    pub total_unloaded: i64,
    /// Loaded since the start.
    pub total_loaded: i64,
}
