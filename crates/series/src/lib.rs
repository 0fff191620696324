//! Metric rows, relations and records as parts of columns, and back. Pure.
