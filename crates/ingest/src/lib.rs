//! Bytes to model: one folder per protocol.
