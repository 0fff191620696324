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
    /// Which; none when the sender knows more pools than there are here.
    pub pool: Option<MemoryPool>,
    /// Used.
    pub used: i64,
}

/// Pools of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the pool of its name")]
pub enum MemoryPool {
    CodeCache,
    NewGeneration,
    OldGeneration,
    Survivor,
    PermanentGeneration,
    Metaspace,
    ZHeap,
    CompressedClassSpace,
    CodeHeapNonMethods,
    CodeHeapProfiledMethods,
    CodeHeapOtherMethods,
}

impl MemoryPool {
    /// Every pool, in the order of SkyWalking's `PoolType` and of the constants
    /// that rules compare with.
    pub const ALL: [Self; 11] = [
        Self::CodeCache,
        Self::NewGeneration,
        Self::OldGeneration,
        Self::Survivor,
        Self::PermanentGeneration,
        Self::Metaspace,
        Self::ZHeap,
        Self::CompressedClassSpace,
        Self::CodeHeapNonMethods,
        Self::CodeHeapProfiledMethods,
        Self::CodeHeapOtherMethods,
    ];
}

/// What a collection collects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GcPhase {
    /// The young generation.
    New,
    /// The old generation.
    Old,
    /// A heap without generations.
    Normal,
}

impl GcPhase {
    /// Every phase, in the order of SkyWalking's `GCPhase` and of the constants
    /// that rules compare with.
    pub const ALL: [Self; 3] = [Self::New, Self::Old, Self::Normal];
}

/// Garbage collections since the sample before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GcSample {
    /// Which; none when the sender knows more phases than there are here.
    pub phase: Option<GcPhase>,
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
