//! What every part of Skytrail stands on and only std could ship: receipts and
//! the journal seam, clocks, files, bounded queues, byte budgets, shutdown,
//! self-metrics and error codes. It knows nothing of tracing.

pub mod account;
pub mod ahead;
pub mod budget;
pub mod claim;
pub mod clock;
pub mod code;
pub mod frontier;
pub mod fs;
pub mod future;
pub mod handoff;
pub mod journal;
pub mod metrics;
pub mod outcome;
pub mod pool;
pub mod quantity;
pub mod queue;
pub mod receipt;
pub mod secret;
pub mod shutdown;
pub mod web_host;
pub mod web_origin;
pub mod weigh;
