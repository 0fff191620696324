//! A small shop that tests ask questions about.
