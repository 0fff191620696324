//! Time ranges as clients send them, and the points that they consist of.

mod duration;
mod points;

pub use duration::{Duration, Step, Window};
pub use points::{MAX_STEPS, Points};
