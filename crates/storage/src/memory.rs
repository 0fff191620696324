//! The in-memory backend: fast, bounded, and forgetful.
