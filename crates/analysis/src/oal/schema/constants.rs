//! The enumerations that conditions compare with. The order of the constants is
//! the number that events hold.

use skytrail_lang::oal::EnumDef;
use skytrail_model::layer::NAMES;

pub(super) static ENUMS: [EnumDef; 7] = [
    EnumDef { name: "RequestType", constants: &REQUEST_TYPES },
    EnumDef { name: "DetectPoint", constants: &["SERVER", "CLIENT", "PROXY", "UNRECOGNIZED"] },
    EnumDef { name: "Layer", constants: &NAMES },
    EnumDef { name: "VirtualCacheOperation", constants: &["Write", "Read", "Others"] },
    EnumDef { name: "MQOperation", constants: &["Consume", "Produce"] },
    EnumDef { name: "GCPhase", constants: &["NEW", "OLD", "NORMAL"] },
    EnumDef { name: "MemoryPoolType", constants: &MEMORY_POOLS },
];

const REQUEST_TYPES: [&str; 8] = ["DATABASE", "HTTP", "RPC", "gRPC", "LOGIC", "TCP", "MQ", "GenAI"];

/// In the order of the protocol's `PoolType`.
const MEMORY_POOLS: [&str; 11] = [
    "CODE_CACHE_USAGE",
    "NEWGEN_USAGE",
    "OLDGEN_USAGE",
    "SURVIVOR_USAGE",
    "PERMGEN_USAGE",
    "METASPACE_USAGE",
    "ZHEAP_USAGE",
    "COMPRESSED_CLASS_SPACE_USAGE",
    "CODEHEAP_NON_NMETHODS_USAGE",
    "CODEHEAP_PROFILED_NMETHODS_USAGE",
    "CODEHEAP_NON_PROFILED_NMETHODS_USAGE",
];

/// Numbers of the constants that the analysis itself sets.
pub(crate) mod request_type {
    pub(crate) const DATABASE: i64 = 0;
    pub(crate) const HTTP: i64 = 1;
    pub(crate) const RPC: i64 = 2;
    pub(crate) const LOGIC: i64 = 4;
    pub(crate) const MQ: i64 = 6;
    pub(crate) const GENAI: i64 = 7;
}

/// Numbers of `DetectPoint`.
pub(crate) mod detect_point {
    pub(crate) const SERVER: i64 = 0;
    pub(crate) const CLIENT: i64 = 1;
}

/// Numbers of `VirtualCacheOperation`.
pub(crate) mod cache_operation {
    pub(crate) const WRITE: i64 = 0;
    pub(crate) const READ: i64 = 1;
    pub(crate) const OTHERS: i64 = 2;
}

/// Numbers of `MQOperation`.
pub(crate) mod mq_operation {
    pub(crate) const CONSUME: i64 = 0;
    pub(crate) const PRODUCE: i64 = 1;
}
