//! Time ranges as clients send them, and the points that they consist of.

mod duration;
mod points;
mod range;

pub use duration::{Duration, Step, Window};
pub use points::{MAX_STEPS, Points};
pub use range::Range;
