//! Spans as blocks of columns, and back. Pure.
