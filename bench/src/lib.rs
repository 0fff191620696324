//! Speed and memory, as ratios measured side by side in one run; the guard on
//! instructions per span; the hostile soak; and the server that is killed.
//!
//! - [`measure`]: processor time, memory, rounds. [`table`]: what is printed. [`draw`]: what is drawn.
//! - [`workload`]: the traffic. [`ids`]: what its spans are called. [`naive`]: the version to compare aggregation with.
//!   [`peer`]: the collector to compare the server with.
//! - [`process`]: the processes that are measured. [`load`]: who sends to them.
//! - [`embedded`]: the embedded store without a server.
//! - [`rows`]: one file per row of the table.
//! - [`wire`] and [`soak`]: hostile input, and what must stay true under it.
//! - [`crashes`]: kills at any moment, and what must be true after them.

pub mod crashes;
pub mod draw;
pub mod embedded;
pub mod ids;
pub mod load;
pub mod measure;
pub mod naive;
pub mod peer;
pub mod process;
pub mod rows;
pub mod soak;
pub mod table;
pub mod wire;
pub mod workload;
