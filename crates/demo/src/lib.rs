//! One generator of realistic traffic for the demo command, the cases and the benchmarks.
